import Foundation
import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFiles
import PellucidOnnxFormat
import PellucidTensors
import TestSupport

/// What `Tests/References/make_maximize.py` wrote.
struct MaximizeReference: Decodable {
  struct Objective: Decodable {
    var layer: String
    var channel: Int?
    var alpha, beta: Float
    var norm, variation, error, total: Double
    var gradient: [Float]
  }
  struct Ascent: Decodable {
    var preset, layer: String
    var channel: Int
    var course: [Double]
  }
  struct Cascade: Decodable {
    struct Pick: Decodable {
      var channel: Int
      var part: Double
    }
    var relevance: [[Double]]
    var image, path: [Float]
    var picks: [Pick]
  }
  var shape: [Int]
  var scan, image: [Float]
  var objectives: [Objective]
  var ascents: [Ascent]
  var cascade: Cascade

  static func read() throws -> MaximizeReference {
    try JSONDecoder().decode(
      Self.self, from: try Data(contentsOf: PlantedNetwork.folder.appending(path: "maximize.json")))
  }

  func tensor(_ values: [Float]) -> Tensor { Tensor(values, shape: Shape(shape)) }
}

/// Networks of the fixtures, also with the values of each weight permuted.
enum PlantedNetwork {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static func network(_ name: String) throws -> Network { try Network(try model(name)) }

  static func model(_ name: String) throws -> OnnxModel {
    try OnnxModel(contentsOf: folder.appending(path: "\(name).onnx").path)
  }

  /// The network with each weight's values permuted by a seed.
  static func twin(_ name: String, seed: Int) throws -> Network {
    let model = try model(name)
    var graph = model.graph
    var random = Noise(seed: seed)
    for (name, tensor) in graph.initializers.sorted(by: { $0.key < $1.key }) {
      guard let values = tensor.floats else { continue }
      graph.initializers[name] = OnnxTensor(
        elementType: .float, dimensions: tensor.dimensions, values: .floats(values.shuffled(using: &random)))
    }
    return try Network(
      OnnxModel(
        path: model.path, irVersion: model.irVersion, producer: model.producer, opsets: model.opsets, graph: graph,
        metadata: model.metadata))
  }

  static func score(_ network: Network, _ target: String) throws -> ScoreFunction {
    let classes = try Classes(outputs: network.outputCount, activation: .softmax, names: nil)
    return ScoreFunction(
      network: network, classes: classes, target: try Target(parsing: target, classes: classes), kind: .logit)
  }
}
