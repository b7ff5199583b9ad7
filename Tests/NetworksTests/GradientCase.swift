import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

/// A graph of one operator, or a few, whose gradient is held against finite differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  /// Something that a node reads beside the image `x`.
  enum Operand: Sendable {
    /// The image.
    case image
    /// Another tensor of the graph.
    case value(String)
    /// Random weights of a shape, between 0.5 and 1.5 where `positive`.
    case weights([Int], positive: Bool = false)
    /// A list of integers.
    case integers([Int])
    /// One float.
    case scalar(Float)
    /// An optional input left out.
    case absent
  }

  var testDescription: String
  let image: [Int]
  let opset: Int
  /// Whether the input's values are spread, for functions with kinks.
  let spread: Bool
  /// What is added to the input's values.
  let shift: Float
  let graph: OnnxGraph

  init(
    _ description: String, _ operation: String, _ operands: [Operand] = [.image],
    _ attributes: [String: OnnxAttribute] = [:],
    image: [Int] = [1, 2, 4, 5, 3], opset: Int = 17, spread: Bool = false, shift: Float = 0, before: [OnnxNode] = [],
    outputs: [String] = ["y"]
  ) {
    testDescription = "\(operation) \(description)"
    self.image = image
    self.opset = opset
    self.spread = spread
    self.shift = shift
    var noise = Noise(seed: description.utf8.reduce(operation.count) { $0 &* 31 &+ Int($1) })
    var initializers: [String: OnnxTensor] = [:]
    let names = operands.enumerated().map { index, operand in
      let name = "c\(index)"
      switch operand {
      case .image: return "x"
      case .value(let name): return name
      case .absent: return ""
      case .weights(let shape, let positive):
        let values = noise.values(shape.reduce(1, *)).map { positive ? 1 + $0 / 2 : $0 }
        initializers[name] = OnnxTensor(elementType: .float, dimensions: shape, values: .floats(values))
      case .integers(let list):
        initializers[name] = OnnxTensor(
          elementType: .int64, dimensions: [list.count], values: .integers(list.map(Int64.init)))
      case .scalar(let value):
        initializers[name] = OnnxTensor(elementType: .float, dimensions: [], values: .floats([value]))
      }
      return name
    }
    let node = OnnxNode(name: "node", operation: operation, inputs: names, outputs: outputs, attributes: attributes)
    graph = OnnxGraph(
      inputs: [OnnxValueInfo(name: "x", elementType: .float, dimensions: nil)],
      outputs: outputs.map { OnnxValueInfo(name: $0, elementType: .float, dimensions: nil) }, nodes: before + [node],
      initializers: initializers)
  }

  /// The graph, bound to the image's shape, to its last output.
  func bound() throws -> Graph {
    let model = OnnxModel(path: "case.onnx", opsets: ["": opset], graph: graph)
    return try Graph(importing: model, image: Shape(image), output: graph.outputs.last?.name)
  }

  /// The input's values.
  func input() -> Tensor {
    var noise = Noise(seed: 5)
    let count = image.reduce(1, *)
    return Tensor((spread ? noise.spreadValues(count) : noise.values(count)).map { $0 + shift }, shape: Shape(image))
  }
}
