package import PellucidFaults
import PellucidOnnxFormat
import PellucidOnnxSchema
import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Turns tensor messages into plain tensors, whichever of ONNX's three forms they are in.
///
/// Nothing is allocated before the number of values that the dimensions announce has been held against the bytes that are there.
struct TensorDecoder {
  let file: String
  private var external: ExternalData
  /// Bytes of values that may still be made.
  private var left: Int
  /// The files beside the model from which tensors were taken.
  var weightFiles: [OnnxModel.WeightFile] { external.files }

  /// - Parameter bytes: size of the file that the tensors stand in.
  init(file: String, bytes: Int) {
    self.file = file
    external = ExternalData(modelFile: file)
    left = ModelLimits.values(inFileOf: bytes)
  }

  mutating func tensor(_ proto: OnnxTensorProto) throws(PellucidError) -> OnnxTensor {
    let name = proto.name
    guard let type = OnnxElementType(rawValue: Int(proto.dataType)) else {
      throw .unknownElementType(file, name, number: Int(proto.dataType))
    }
    guard type.isFloat || type.isInteger || type == .string else { throw .elementTypeNotRead(file, name, type) }
    guard !proto.hasSegment else { throw .segmented(file, name) }
    let count = try self.count(of: proto)
    if proto.dataLocation != 1 { try spend(min(count, Self.valuesThere(proto)), proto) }
    let values: OnnxTensor.Values
    if proto.dataLocation == 1 {
      let width = type.bytesPerElement ?? 0
      let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
      guard width > 0, !overflow else { throw .wrongSize(file, name, proto.dims, found: 0, unit: "bytes") }
      let found = try external.bytes(of: proto, count: bytes)
      left += ModelLimits.values(inFileOf: external.takeOpenedBytes())
      try spend(count, proto)
      values = try raw(found, type, count, proto)
    } else if !proto.rawData.isEmpty {
      values = try raw(proto.rawData, type, count, proto)
    } else {
      values = try typed(proto, type, count)
    }
    return OnnxTensor(name: name, elementType: type, dimensions: proto.dims.map { Int($0) }, values: values)
  }

  private func count(of proto: OnnxTensorProto) throws(PellucidError) -> Int {
    guard proto.dims.allSatisfy({ $0 >= 0 }) else { throw .negativeExtent(file, proto.name, proto.dims) }
    let extents = proto.dims.map { Int($0) }
    guard OnnxTensor.canHave(extents) else {
      // Without a zero among them no file holds the values.
      guard extents.contains(0) || extents.count > OnnxTensor.mostAxes else {
        let type = OnnxElementType(rawValue: Int(proto.dataType)).map { "bytes of \($0)" } ?? "bytes"
        throw .wrongSize(file, proto.name, proto.dims, found: proto.rawData.count, unit: type)
      }
      throw .extentsTooLarge(file, proto.name, proto.dims)
    }
    return extents.reduce(1, *)
  }

  /// No more values than these stand in the message.
  private static func valuesThere(_ proto: OnnxTensorProto) -> Int {
    [
      proto.rawData.count, proto.floatData.count, proto.doubleData.count, proto.int32Data.count, proto.int64Data.count,
      proto.uint64Data.count, proto.stringData.count,
    ].reduce(0, max)
  }

  /// Holds what the values will take against what a file of this size may ask for: functions called many times copy their constants.
  private mutating func spend(_ count: Int, _ proto: OnnxTensorProto) throws(PellucidError) {
    left -= ModelLimits.bytesPerValue * count
    guard left >= 0 else { throw .tooManyValues(file, proto.name) }
  }

  // MARK: Raw form

  private func raw(
    _ bytes: Data, _ type: OnnxElementType, _ count: Int, _ proto: OnnxTensorProto
  ) throws(PellucidError) -> OnnxTensor.Values {
    guard let width = type.bytesPerElement, bytes.count % width == 0, bytes.count / width == count else {
      throw .wrongSize(file, proto.name, proto.dims, found: bytes.count, unit: "bytes of \(type)")
    }
    switch type {
    case .float: return .floats(converted(bytes, count) { (bits: UInt32) in Float(bitPattern: bits) })
    case .float16: return .floats(converted(bytes, count) { (bits: UInt16) in Float(float16: bits) })
    case .bfloat16: return .floats(converted(bytes, count) { (bits: UInt16) in Float(bfloat16: bits) })
    case .double: return .floats(converted(bytes, count) { (bits: UInt64) in Float(Double(bitPattern: bits)) })
    case .int8: return .integers(converted(bytes, count) { (value: Int8) in Int64(value) })
    case .uint8: return .integers(converted(bytes, count) { (value: UInt8) in Int64(value) })
    case .bool: return .integers(converted(bytes, count) { (value: UInt8) in value == 0 ? 0 : 1 })
    case .int16: return .integers(converted(bytes, count) { (value: Int16) in Int64(value) })
    case .uint16: return .integers(converted(bytes, count) { (value: UInt16) in Int64(value) })
    case .int32: return .integers(converted(bytes, count) { (value: Int32) in Int64(value) })
    case .uint32: return .integers(converted(bytes, count) { (value: UInt32) in Int64(value) })
    case .int64: return .integers(converted(bytes, count) { (value: Int64) in value })
    case .uint64: return .integers(try narrowed(converted(bytes, count) { (value: UInt64) in value }, proto.name))
    default: throw .elementTypeNotRead(file, proto.name, type)
    }
  }

  /// The little-endian numbers in the bytes, each converted.
  ///
  /// - Precondition: the bytes hold `count` numbers.
  private func converted<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _ data: Data, _ count: Int, _ convert: (Stored) -> Value
  ) -> [Value] {
    let bytes = data.bytes
    let width = MemoryLayout<Stored>.size
    precondition(bytes.byteCount == count * width)
    return [Value](capacity: count) { values in
      for index in 0..<count {
        // width · index + width <= byteCount, by the precondition; every bit pattern is an integer.
        let stored = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: width * index, as: Stored.self)
        values.append(convert(Stored(littleEndian: stored)))
      }
    }
  }

  // MARK: Typed form

  private func typed(
    _ proto: OnnxTensorProto, _ type: OnnxElementType, _ count: Int
  ) throws(PellucidError) -> OnnxTensor.Values {
    func checked<Value>(_ values: [Value]) throws(PellucidError) -> [Value] {
      guard values.count == count else {
        throw .wrongSize(file, proto.name, proto.dims, found: values.count, unit: "values of \(type)")
      }
      return values
    }
    switch type {
    case .float: return .floats(try checked(proto.floatData))
    case .double: return .floats(try checked(proto.doubleData).map { Float($0) })
    case .float16: return .floats(try checked(proto.int32Data).map { Float(float16: UInt16(truncatingIfNeeded: $0)) })
    case .bfloat16: return .floats(try checked(proto.int32Data).map { Float(bfloat16: UInt16(truncatingIfNeeded: $0)) })
    case .int8, .uint8, .int16, .uint16, .int32: return .integers(try checked(proto.int32Data).map { Int64($0) })
    case .bool: return .integers(try checked(proto.int32Data).map { $0 == 0 ? 0 : 1 })
    case .int64: return .integers(try checked(proto.int64Data))
    case .uint32, .uint64: return .integers(try narrowed(checked(proto.uint64Data), proto.name))
    case .string: return .strings(try checked(proto.stringData).map { String(decoding: $0, as: UTF8.self) })
    default: throw .elementTypeNotRead(file, proto.name, type)
    }
  }

  private func narrowed(_ values: [UInt64], _ name: String) throws(PellucidError) -> [Int64] {
    if let large = values.first(where: { $0 > UInt64(Int64.max) }) { throw .integerTooLarge(file, name, large) }
    return values.map { Int64($0) }
  }
}

extension Float {
  /// The value of an IEEE 754 binary16 bit pattern, exactly.
  package init(float16 bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10) & 0x1F
    let fraction = Float(bits & 0x3FF) / 1024
    switch exponent {
    case 0: self = sign * fraction * Float(sign: .plus, exponent: -14, significand: 1)
    case 0x1F: self = bits & 0x3FF == 0 ? sign * .infinity : .nan
    default: self = sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
    }
  }

  /// The value of a bfloat16 bit pattern (the upper half of a float32), exactly.
  package init(bfloat16 bits: UInt16) { self.init(bitPattern: UInt32(bits) << 16) }
}

extension OnnxTensor {
  /// Reads a tensor from the bytes of a file that holds nothing else (`.pb`), as ONNX's own test data do.
  ///
  /// - Parameters:
  ///   - bytes: a serialised `TensorProto`.
  ///   - path: the file's path, for messages.
  package init(bytes: [UInt8], path: String) throws(PellucidError) {
    let proto: OnnxTensorProto
    do { proto = try OnnxTensorProto(serializedBytes: bytes) } catch {
      throw .undecodable(path, bytes: bytes.count, cause: error)
    }
    var decoder = TensorDecoder(file: path, bytes: bytes.count)
    self = try decoder.tensor(proto)
  }
}
