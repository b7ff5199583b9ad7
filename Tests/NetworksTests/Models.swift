import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// eˣ in double.
func power(_ x: Double) -> Double { exp(x) }
/// ln x in double.
func logarithm(_ x: Double) -> Double { log(x) }

/// Makes models in memory, node by node.
struct ModelBuilder {
  private var nodes: [OnnxNode] = []
  private var initializers: [String: OnnxTensor] = [:]
  private var noise: Noise
  /// The output of the last node, which the next one reads.
  private(set) var last: String
  let opset: Int
  let input: OnnxValueInfo

  /// A model of an image `x` with these extents, nil where the file leaves one open.
  init(_ image: [Int?] = [1, 2, 5, 6, 4], opset: Int = 17, seed: Int = 1) {
    self.opset = opset
    noise = Noise(seed: seed)
    last = "x"
    input = OnnxValueInfo(
      name: "x", elementType: .float,
      dimensions: image.enumerated().map { axis, extent in extent.map { .fixed($0) } ?? .symbolic("axis\(axis)") })
  }

  /// Random weights, between 0.5 and 1.5 where `positive`.
  mutating func weights(_ shape: [Int], positive: Bool = false) -> OnnxTensor {
    let values = noise.values(shape.reduce(1, *)).map { positive ? 1 + $0 / 2 : $0 }
    return OnnxTensor(elementType: .float, dimensions: shape, values: .floats(values))
  }

  static func integers(_ list: [Int]) -> OnnxTensor {
    OnnxTensor(elementType: .int64, dimensions: [list.count], values: .integers(list.map(Int64.init)))
  }

  /// Adds a node that reads the last one's output and constants, and is named like its operator and place.
  @discardableResult
  mutating func add(
    _ operation: String, _ constants: [OnnxTensor] = [], _ attributes: [String: OnnxAttribute] = [:],
    reading: [String] = []
  ) -> String {
    let name = "\(operation)_\(nodes.count)"
    let names = constants.indices.map { "\(name)_\($0)" }
    for (key, constant) in zip(names, constants) { initializers[key] = constant }
    nodes.append(
      OnnxNode(
        name: name, operation: operation, inputs: [last] + reading + names, outputs: [name + "_out"],
        attributes: attributes))
    last = name + "_out"
    return last
  }

  /// Lets the next node read an earlier output.
  mutating func branch(from name: String) { last = name }

  /// A 3×3×3 convolution.
  @discardableResult
  mutating func conv(_ channelsIn: Int, _ channelsOut: Int, bias: Bool = true) -> String {
    let parts = [weights([channelsOut, channelsIn, 3, 3, 3])] + (bias ? [weights([channelsOut])] : [])
    return add("Conv", parts, ["pads": .ints([1, 1, 1, 1, 1, 1])])
  }

  /// A BatchNormalization with random statistics.
  @discardableResult
  mutating func batchNormalization(_ channels: Int) -> String {
    let parts = [weights([channels]), weights([channels]), weights([channels]), weights([channels], positive: true)]
    return add("BatchNormalization", parts)
  }

  /// The network up to the last node's `channels` and a convolution, a ReLU and a mean over voxels behind them.
  mutating func network(endingIn outputs: Int, from channels: Int) throws(PellucidError) -> Network {
    conv(channels, outputs)
    add("Relu")
    add("GlobalAveragePool")
    add("Flatten")
    return try Network(model)
  }

  /// The model up to the last node.
  var model: OnnxModel {
    let graph = OnnxGraph(
      inputs: [input], outputs: [OnnxValueInfo(name: last, elementType: .float, dimensions: nil)], nodes: nodes,
      initializers: initializers)
    return OnnxModel(path: "built.onnx", opsets: ["": opset], graph: graph)
  }
}
