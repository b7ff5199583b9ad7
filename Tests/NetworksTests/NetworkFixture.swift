import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A small network exported by PyTorch or TensorFlow, with its scores and gradient there.
///
/// `Tests/References/make_networks.py`, `make_models.py`, `make_wide.py` and `make_opset23.py` make them.
struct NetworkFixture: Sendable, CustomTestStringConvertible {
  /// The model's file name.
  let file: String
  /// The folder that it is in.
  let folder: URL
  /// Values of the further inputs.
  let inputs: [String: [Float]]
  /// The operator types that the file uses.
  let operators: [String]
  let input: Tensor
  /// What the network answers before a final softmax or sigmoid, [1, K].
  let scores: Tensor
  /// What is sent back from the scores, [1, K].
  let upstream: Tensor
  /// ∂(Σ upstream·scores)/∂input.
  let gradient: Tensor

  var testDescription: String { file }

  /// Whether the exporter left the batch open.
  var hasOpenBatch: Bool { !file.contains("dynamo") }

  /// The model; its images joined where it takes several.
  func model() throws(PellucidError) -> OnnxModel {
    let model = try OnnxModel(contentsOf: folder.appending(path: file).path)
    let further = file.hasPrefix("siamese") ? model.furtherImages : []
    return further.isEmpty ? model : try model.joiningImages(further).model
  }

  /// The network.
  func network() throws(PellucidError) -> Network { try Network(try model(), inputs: inputs) }

  /// Every network in every exported form.
  static let all: [NetworkFixture] =
    (try? ["", "zoo", "wide", "opset23"].flatMap { try read($0.isEmpty ? fixtures : fixtures.appending(path: $0)) })
    ?? []

  /// The first file of a network.
  static func named(_ name: String) throws -> NetworkFixture {
    try #require(all.first { $0.file.hasPrefix(name + "_") })
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  private struct Entry: Decodable {
    struct File: Decodable {
      let file: String
      let operators: [String]
    }
    struct Place: Decodable {
      let shape: [Int]
      let at: Int
    }
    let files: [File]
    let inputs: [String: Float]?
    let input, scores, upstream, gradient: Place
  }

  private static func read(_ folder: URL) throws -> [NetworkFixture] {
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "values.f32")))
    let entries = try JSONDecoder().decode(
      [Entry].self, from: try Data(contentsOf: folder.appending(path: "index.json")))
    let tensor = { (place: Entry.Place, shape: [Int]) in
      let values = (place.at..<(place.at + place.shape.reduce(1, *))).map { index in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * index + $1]) << (8 * UInt32($1)) })
      }
      return Tensor(values, shape: Shape(shape))
    }
    return entries.flatMap { entry in
      let row = [1, entry.scores.shape.reduce(1, *)]
      return entry.files.map { file in
        NetworkFixture(
          file: file.file, folder: folder, inputs: (entry.inputs ?? [:]).mapValues { [$0] }, operators: file.operators,
          input: tensor(entry.input, entry.input.shape),
          scores: tensor(entry.scores, row),
          upstream: tensor(entry.upstream, row), gradient: tensor(entry.gradient, entry.gradient.shape))
      }
    }
  }
}
