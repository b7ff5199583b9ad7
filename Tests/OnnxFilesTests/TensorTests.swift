import PellucidFaults
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidOnnxSchema
import SwiftProtobuf
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct `Tensors` {
  @Test(
    arguments: [
      (1, [0, 0, 0xC0, 0x3F, 0, 0, 0x80, 0xBF], [1.5, -1]), (10, [0x00, 0x3E, 0x00, 0xBC], [1.5, -1]),
      (16, [0xC0, 0x3F, 0x80, 0xBF], [1.5, -1]),
      (11, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0xF0, 0xBF], [1.5, -1]),
    ] as [(Int32, [UInt8], [Float])])
  func `of floats are read in raw form`(type: Int32, bytes: [UInt8], values: [Float]) throws {
    #expect(try OnnxTensorProto.raw("t", type: type, [2, 1], bytes).read().floats == values)
  }

  @Test(
    arguments: [
      (2, [1, 0xFF], [1, 255]), (3, [1, 0xFF], [1, -1]), (9, [1, 2, 0], [1, 1, 0]),
      (4, [1, 2, 0xFF, 0xFF], [513, 65535]),
      (5, [1, 2, 0xFF, 0xFF], [513, -1]), (6, [1, 2, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF], [513, -2]),
      (12, [0xFF, 0xFF, 0xFF, 0xFF], [4_294_967_295]), (7, [0xFD, 255, 255, 255, 255, 255, 255, 255], [-3]),
      (13, [3, 0, 0, 0, 0, 0, 0, 0], [3]),
    ] as [(Int32, [UInt8], [Int64])])
  func `of integers are read in raw form`(type: Int32, bytes: [UInt8], values: [Int64]) throws {
    #expect(try OnnxTensorProto.raw("t", type: type, [Int64(values.count)], bytes).read().integers == values)
  }

  @Test func `are read in typed form`() throws {
    func tensor(_ type: Int32, _ fill: (inout OnnxTensorProto) -> Void) throws -> OnnxTensor {
      var proto = OnnxTensorProto.raw("t", type: type, [2], [])
      fill(&proto)
      return try proto.read()
    }
    #expect(try tensor(1) { $0.floatData = [0.5, 2] }.floats == [0.5, 2])
    #expect(try tensor(11) { $0.doubleData = [0.5, 2] }.floats == [0.5, 2])
    #expect(try tensor(10) { $0.int32Data = [0x3E00, 0xBC00] }.floats == [1.5, -1])
    #expect(try tensor(16) { $0.int32Data = [0x3FC0, 0xBF80] }.floats == [1.5, -1])
    for type: Int32 in [3, 5, 6] { #expect(try tensor(type) { $0.int32Data = [7, -7] }.integers == [7, -7]) }
    #expect(try tensor(9) { $0.int32Data = [1, 0] }.integers == [1, 0])
    #expect(try tensor(7) { $0.int64Data = [7, -7] }.integers == [7, -7])
    for type: Int32 in [12, 13] { #expect(try tensor(type) { $0.uint64Data = [7, 8] }.integers == [7, 8]) }
    #expect(try tensor(8) { $0.stringData = [.init("α".utf8), .init("b".utf8)] }.strings == ["α", "b"])
  }

  @Test func `may be scalars or empty`() throws {
    #expect(try OnnxTensorProto.raw("t", type: 7, [], [5, 0, 0, 0, 0, 0, 0, 0]).read().integers == [5])
    #expect(try OnnxTensorProto.raw("t", type: 1, [0, 3], []).read().floats == [])
  }

  #if !(os(macOS) && arch(x86_64))  // Float16 is not there
    @Test func `of float16 take every bit pattern exactly`() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let found = Float(float16: bits)
        if expected.isNaN ? !found.isNaN : found.bitPattern != expected.bitPattern {
          Issue.record("float16 \(bits): \(found), expected \(expected)")
        }
      }
    }
  #endif

  @Test(arguments: [
    (OnnxTensorProto.raw("w", type: 1, [3], [0, 0, 0, 0]), "[3], but there are 4 bytes of float"),
    (.raw("w", type: 1, [2], []), "[2], but there are 0 values of float"),
    (.raw("w", type: 1, [1], [0, 0, 0]), "[1], but there are 3 bytes"),
    (.raw("w", type: 1, [-1], [0, 0, 0, 0]), "a dimension is negative: the dimensions are [-1]"),
    (.raw("w", type: 1, [Int64.max, 2], [0, 0, 0, 0]), "but there are 4 bytes"),
    (.raw("w", type: 2, [Int64.max], [0]), "but there are 1 bytes"),
    (.raw("w", type: 7, [1 << 61], []), "but there are 0 bytes of int64"),
    (.raw("w", type: 8, [1], [65]), "but there are 1 bytes of string"),
    (.raw("w", type: 17, [1], [0]), "elements of type float8e4m3fn are not read"),
    (.raw("w", type: 22, [1], [0]), "elements of type int4 are not read"),
    (.raw("w", type: 14, [1], [0]), "elements of type complex64 are not read"),
    (.raw("w", type: 99, [1], [0]), "the element type 99 is unknown"),
    (.raw("w", type: 0, [1], [0]), "the element type is missing"),
    (.raw("w", type: 13, [1], [255, 255, 255, 255, 255, 255, 255, 255]), "18446744073709551615 is larger"),
    (
      .with {
        $0.name = "w"; $0.dataType = 1; $0.segment.end = 1
      }, "segments are not read"
    ),
    (
      .with {
        $0.name = "w"; $0.dataType = 8; $0.dataLocation = 1
      }, "the values do not fill the dimensions"
    ),
    (.raw("w", type: 1, [0, .max], []), "the dimensions are larger than a tensor's can be"),
    (.raw("w", type: 1, [1 << 31, 0, 1 << 31], []), "the dimensions are larger than a tensor's can be"),
    (.raw("w", type: 1, Array(repeating: 1, count: 13), [0, 0, 0, 0]), "at most 12 are read"),
    (.raw("w", type: 1, [.max, .max], []), "the values do not fill the dimensions"),
  ])
  func `that cannot be right are refused by name`(proto: OnnxTensorProto, words: String) throws {
    let error = try #require(failure { _ = try proto.read() })
    #expect(error.place == .init(file: "t.pb", part: "tensor w"))
    #expect(error.line.contains(words), "\(error.line)")
  }
}
