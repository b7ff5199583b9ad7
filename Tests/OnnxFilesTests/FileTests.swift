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

@Suite struct `Model files` {
  @Test func `of PyTorch's script exporter are read`() throws {
    let model = try OnnxModel(contentsOf: fixture("script_opset11.onnx"))
    #expect(model.producer == "pytorch 2.6.0")
    #expect(model.opsetVersion == 11)
    #expect(model.graph.nodes.map(\.operation) == ["Conv", "Relu", "MaxPool", "Flatten", "Gemm"])
    #expect(try model.graph.nodes[0].ints("kernel_shape") == [3, 3, 3])
    #expect(try model.graph.nodes[0].int("group", default: 7) == 1)
    #expect(try model.graph.nodes[0].string("auto_pad", default: "NOTSET") == "NOTSET")
    #expect(
      failure { _ = try model.graph.nodes[0].float("pads") }?.what == "the attribute pads of Conv is a list of integers"
    )
    #expect(model.graph.outputs == [.init(name: "logits", elementType: .float, dimensions: [.fixed(1), .fixed(2)])])
    // Printed by Tests/References/make_onnx_fixtures.py.
    let weight = try #require(model.graph.initializers["0.weight"])
    #expect(weight.dimensions == [2, 1, 3, 3, 3])
    #expect(weight.floats?.first == -0.0014408393)
    #expect(weight.floats?.last == 0.025998631)
    let sum = try #require(model.graph.initializers["4.weight"]?.floats).reduce(0) { $0 + Double($1) }
    #expect(abs(sum - -0.9972786905709654) < 1e-12)
  }

  @Test func `of PyTorch's dynamo exporter are read`() throws {
    let model = try OnnxModel(contentsOf: fixture("dynamo_opset18.onnx"))
    #expect(model.opsetVersion == 18)
    #expect(try model.imageInput().dimensions == [1, 1, 8, 8, 8].map { .fixed($0) })
    let script = try OnnxModel(contentsOf: fixture("script_opset11.onnx"))
    #expect(model.graph.initializers["0.weight"] == script.graph.initializers["0.weight"])
  }

  @Test func `with float16 weights give them as float32`() throws {
    let half = try OnnxModel(contentsOf: fixture("float16_weights.onnx")).graph.initializers
    for (name, tensor) in try OnnxModel(contentsOf: fixture("script_opset11.onnx")).graph.initializers {
      let exact = try #require(tensor.floats)
      let rounded = try #require(half[name]?.floats)
      #expect(zip(exact, rounded).allSatisfy { abs($0 - $1) <= abs($0) / 2048 + 3e-8 })
    }
  }

  @Test(arguments: [
    ("", "the file is empty"), ("<html>not found</html>\n", "the file is text, not an ONNX model"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer"),
    ("PK\u{3}\u{4}archive/data.pkl", "perhaps a PyTorch checkpoint"),
    ("\u{7}\u{1}\u{2}\u{3}", "is no ONNX model, or a damaged"),
  ])
  func `that are none are refused by what they are`(text: String, words: String) throws {
    try withFolder { folder in
      try write(text.utf8, to: folder + "/m.onnx")
      let error = try #require(failure { _ = try OnnxModel(contentsOf: folder + "/m.onnx") })
      #expect(error.kind == .badData)
      #expect(error.place.file == folder + "/m.onnx")
      #expect(error.line.contains(words), "\(error.line)")
    }
  }

  @Test func `that are missing or folders are refused`() throws {
    try withFolder { folder in
      #expect(failure { _ = try OnnxModel(contentsOf: folder + "/m.onnx") }?.what == "there is no such file")
      #expect(failure { _ = try OnnxModel(contentsOf: folder) }?.what == "this is a folder or a device, not a file")
      #expect(
        failure { _ = try OnnxModel(contentsOf: "/dev/zero") }?.what == "this is a folder or a device, not a file")
    }
  }

  // A file of functions may lose them to a cut without a trace; the engine then refuses their names as unknown operators.
  private static let all = [
    "script_opset11.onnx", "dynamo_opset18.onnx", "old_conv3d.onnx", "external.onnx", "functions.onnx",
  ]

  @Test(arguments: all.dropLast())
  func `cut short anywhere are refused`(name: String) throws {
    let whole = try fixtureBytes(name)
    for part in 0..<20 {
      let bytes = Array(whole.prefix(whole.count * part / 20))
      #expect(failure { _ = try OnnxModel(bytes: bytes, path: fixture(name)) } != nil, "\(part)/20")
    }
    for count in stride(from: 0, to: whole.count, by: 1 + whole.count / 500) {
      _ = try? OnnxModel(bytes: Array(whole.prefix(count)), path: fixture(name))
    }
  }

  @Test(arguments: all)
  func `with any byte changed are read or refused, and never crash`(name: String) throws {
    let whole = try fixtureBytes(name)
    var seed: UInt64 = 42
    for index in stride(from: 0, to: whole.count, by: 1 + whole.count / 1500) {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[index] ^= mask
        _ = try? OnnxModel(bytes: bytes, path: fixture(name))
      }
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = whole
      for step in 0..<4 {
        bytes[Int((seed >> (8 * UInt64(step))) % UInt64(whole.count))] = UInt8(truncatingIfNeeded: seed >> 40)
      }
      _ = try? OnnxModel(bytes: bytes, path: fixture(name))
    }
  }
}

@Suite struct `A model's digest` {
  @Test func `is that of sha256sum`() throws {
    let model = try OnnxModel(contentsOf: fixture("functions.onnx"))
    #expect(model.sha256 == "a5553c0563c810cf9645fb377df565a23943f9a92b943f6e68c8c211e642726e")
  }

  @Test func `is that of the bytes that were read, whatever becomes of the file`() throws {
    try withFolder { folder in
      try write(fixtureBytes("functions.onnx"), to: folder + "/m.onnx")
      let model = try OnnxModel(contentsOf: folder + "/m.onnx")
      try write([1, 2, 3], to: folder + "/m.onnx")
      #expect(model.sha256 == "a5553c0563c810cf9645fb377df565a23943f9a92b943f6e68c8c211e642726e")
    }
  }
}
