import PellucidFaults
import PellucidFiles
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

@Suite struct `External weights` {
  @Test func `equal those inside the model`() throws {
    let inside = try OnnxModel(contentsOf: fixture("script_opset11.onnx"))
    let outside = try OnnxModel(contentsOf: fixture("external.onnx"))
    #expect(outside.graph.initializers == inside.graph.initializers)
    #expect(inside.weightFiles.isEmpty)
    let files = outside.weightFiles
    #expect(!files.isEmpty)
    for file in files { #expect(try SHA256.hexDigest(ofFile: file.path) == file.sha256) }
    #expect(outside.sha256 == (try SHA256.hexDigest(ofFile: fixture("external.onnx"))))
  }

  /// A model of one weight, `[2]`, kept elsewhere.
  private func model(_ facts: [String: String]) throws -> [UInt8] {
    var model = OnnxModelProto.relu
    model.graph.initializer = [.raw("w", type: 1, [2], [])]
    model.graph.initializer[0].dataLocation = 1
    model.graph.initializer[0].externalData = facts.map { fact in
      .with {
        $0.key = fact.key
        $0.value = fact.value
      }
    }
    return Array(try model.serializedBytes() as Data)
  }

  private let weights: [UInt8] = [9, 9, 9, 9, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]

  @Test func `are found by offset and length, in a folder below or behind a link`() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: true)
      try write(weights, to: folder + "/sub/w.bin")
      try link(folder + "/alias.bin", to: "sub/w.bin")
      for location in ["sub/w.bin", "./sub/w.bin", "alias.bin"] {
        try write(try model(["location": location, "offset": "4", "length": "8"]), to: folder + "/m.onnx")
        let read = try OnnxModel(contentsOf: folder + "/m.onnx")
        #expect(read.graph.initializers["w"]?.floats == [1, 2])
        #expect(read.weightFiles.map(\.path) == [folder + "/" + location])
      }
    }
  }

  @Test(arguments: [
    (["location": "/etc/hostname"], "kept outside the model's folder"), (["location": "../w.bin"], "kept outside"),
    (["location": "sub/../../w.bin"], "kept outside"), (["location": "out.bin"], "kept outside"),
    (["location": "none.bin"], "`none.bin` with the values cannot be read: there is no such file"),
    (["location": "."], "cannot be read: this is a folder"), ([:], "which is not named"),
    (["location": "w.bin", "offset": "5"], "8 bytes from byte 5 on are wanted, the file holds 12"),
    (["location": "w.bin", "offset": "9223372036854775807"], "the file holds 12"),
    (["location": "w.bin", "offset": "-4"], "is no number: it is `-4`"),
    (["location": "w.bin", "length": "4"], "but there are 4 bytes"),
    (["location": "w.bin", "length": "99999999999999999999"], "is no number"),
  ])
  func `are refused elsewhere, and where they are too short`(facts: [String: String], words: String) throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/model", withIntermediateDirectories: true)
      try write(weights, to: folder + "/w.bin")
      try write(weights, to: folder + "/model/w.bin")
      try link(folder + "/model/out.bin", to: "../w.bin")
      try write(try model(facts), to: folder + "/model/m.onnx")
      let error = try #require(failure { _ = try OnnxModel(contentsOf: folder + "/model/m.onnx") })
      #expect(error.place.part == "tensor w")
      #expect(error.line.contains(words), "\(error.line)")
    }
  }
}
