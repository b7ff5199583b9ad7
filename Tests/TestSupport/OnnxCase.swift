package import PellucidFaults
import PellucidOnnxFiles
package import PellucidOnnxFormat

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One of ONNX's own node tests: a model of a single operator with inputs and the outputs that the standard demands.
///
/// The cases lie in `Tests/Fixtures/onnx-node`, chosen and copied by `Tests/References/copy_onnx_cases.py`; `cases.tsv` lists them.
package struct OnnxCase: Sendable, Hashable {
  /// The folder's name, like `test_averagepool_3d_default`.
  package let name: String
  /// The operator under test, like `AveragePool`.
  package let operation: String
  /// The version of ONNX's operator set that the model uses.
  package let opset: Int

  /// Every case, in the order of their names.
  package static let all: [OnnxCase] = {
    let list = (try? String(contentsOf: folder.appending(path: "cases.tsv"), encoding: .utf8)) ?? ""
    return list.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: "\t")
      guard fields.count == 3, let opset = Int(fields[2]) else { return nil }
      return OnnxCase(name: String(fields[0]), operation: String(fields[1]), opset: opset)
    }
  }()

  /// The cases of one operator.
  package static func all(of operation: String) -> [OnnxCase] { all.filter { $0.operation == operation } }

  /// The cases whose name is the pattern, or begins with it where the pattern ends in `*`.
  package static func all(named pattern: String) -> [OnnxCase] {
    all.filter { pattern.hasSuffix("*") ? $0.name.hasPrefix(pattern.dropLast()) : $0.name == pattern }
  }

  private static var folder: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "Fixtures/onnx-node")
  }

  private var folder: URL { Self.folder.appending(path: name) }

  /// The model; its graph inputs take the ``inputs()`` in order.
  package func model() throws(PellucidError) -> OnnxModel {
    try OnnxModel(contentsOf: folder.appending(path: "model.onnx").path)
  }

  /// The values that go in, in the order of the graph's inputs.
  package func inputs() throws(PellucidError) -> [OnnxTensor] { try tensors("input") }

  /// The values that must come out, in the order of the graph's outputs.
  package func outputs() throws(PellucidError) -> [OnnxTensor] { try tensors("output") }

  private func tensors(_ stem: String) throws(PellucidError) -> [OnnxTensor] {
    var found: [OnnxTensor] = []
    while true {
      let file = folder.appending(path: "test_data_set_0/\(stem)_\(found.count).pb")
      guard let bytes = try? Data(contentsOf: file) else { return found }
      found.append(try OnnxTensor(bytes: Array(bytes), path: file.path))
    }
  }
}

extension OnnxCase: CustomStringConvertible {
  /// The name, for test reports.
  package var description: String { name }
}
