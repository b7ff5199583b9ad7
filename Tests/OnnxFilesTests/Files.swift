import PellucidFaults
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidOnnxSchema
import SwiftProtobuf
import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The path of a committed model.
func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
}

/// The bytes of a committed model.
func fixtureBytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: fixture(name)))) }

/// Calls the body with the path of a new folder that is taken away afterwards.
func withFolder(_ body: (_ path: String) throws -> Void) throws {
  let folder = try TemporaryFolder()
  try withExtendedLifetime(folder) { try body(folder.path) }
}

/// Writes a file.
func write(_ bytes: some Sequence<UInt8>, to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

/// Makes a symbolic link.
func link(_ path: String, to target: String) throws {
  try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
}

/// The error of a body that must fail with one, its line without the file's folder.
func failure(_ body: () throws -> Void) -> PellucidError? {
  do { try body() } catch { return error as? PellucidError }
  return nil
}

extension OnnxModelProto {
  /// `y = Relu(x)` on a volume, to be changed by tests.
  static var relu: OnnxModelProto {
    var model = OnnxModelProto()
    model.irVersion = 8
    model.opsetImport = [.with { $0.version = 17 }]
    model.graph.node = [.of("Relu", ["x"], ["y"])]
    model.graph.input = [.volume("x")]
    model.graph.output = [.volume("y")]
    return model
  }

  /// The model as Pellucid reads it.
  func read(path: String = "m.onnx") throws -> OnnxModel {
    try OnnxModel(bytes: Array(serializedBytes() as Data), path: path)
  }
}

extension OnnxNodeProto {
  static func of(_ operation: String, _ inputs: [String], _ outputs: [String], name: String = "") -> Self {
    .with {
      $0.opType = operation
      $0.name = name
      $0.input = inputs
      $0.output = outputs
    }
  }
}

extension OnnxValueInfoProto {
  static func volume(_ name: String) -> Self { tensor(name, [1, 1, 4, 4, 4]) }

  static func tensor(_ name: String, _ extents: [Int64], type: Int32 = 1) -> Self {
    .with {
      $0.name = name
      $0.type.tensorType.elemType = type
      $0.type.tensorType.shape.dim = extents.map { extent in .with { $0.dimValue = extent } }
    }
  }
}

extension OnnxTensorProto {
  /// A tensor in raw form.
  static func raw(_ name: String, type: Int32, _ extents: [Int64], _ bytes: [UInt8]) -> Self {
    .with {
      $0.name = name
      $0.dataType = type
      $0.dims = extents
      $0.rawData = Data(bytes)
    }
  }

  /// The tensor as Pellucid reads it.
  func read() throws -> OnnxTensor { try OnnxTensor(bytes: Array(serializedBytes() as Data), path: "t.pb") }
}
