package import PellucidFaults
package import PellucidOnnxFormat
public import PellucidTensors

/// A tensor of a graph: the image, or what a node makes.
public struct ValueID: Hashable, Sendable {
  /// Place in ``Graph/values``.
  public let index: Int

  init(_ index: Int) { self.index = index }
}

/// One step of a network: an operator applied to values.
public struct Node: Sendable {
  /// The ONNX node's name.
  public let name: String
  /// The ONNX operator type.
  public let type: String
  /// What it computes, with its constants.
  public let operation: any Operator
  /// The dynamic inputs.
  public let inputs: [ValueID]
  /// What it makes.
  public let output: ValueID
}

/// A network as nodes in an order in which they can be run; all of them depend on the image and lead to the output.
public struct Graph: Sendable {
  /// A value's name in the ONNX file, and its shape for one image.
  public struct Value: Hashable, Sendable {
    /// The ONNX tensor's name.
    public let name: String
    /// Its shape for one image.
    public let shape: Shape
  }

  /// The steps.
  public internal(set) var nodes: [Node]
  /// All values, of which a canonical graph may leave some unmade.
  public let values: [Value]
  /// The image.
  public let input: ValueID
  /// What the network answers.
  public internal(set) var output: ValueID
  /// Further names of values: of tensors that only pass through (Identity, Dropout) and of nodes.
  let aliases: [String: ValueID]

  /// Shape of a value for one image.
  public func shape(of value: ValueID) -> Shape { values[value.index].shape }

  /// The value that an ONNX tensor's or node's name stands for; nil where there is none.
  public func value(named name: String) -> ValueID? {
    if let made = values.firstIndex(where: { $0.name == name }) { return ValueID(made) }
    return aliases[name]
  }

  /// The node that makes a value; nil for the image and for values that canonical forms left out.
  public func maker(of value: ValueID) -> Node? { nodes.first { $0.output == value } }

  /// How many nodes read each value, plus one for the output.
  func readers() -> [Int] {
    var count = Array(repeating: 0, count: values.count)
    for node in nodes { for input in node.inputs { count[input.index] += 1 } }
    count[output.index] += 1
    return count
  }

  /// The same graph without nodes that do not lead to the output.
  func withoutDeadNodes() -> Graph {
    var alive: Set<ValueID> = [output]
    var kept: [Node] = []
    for node in nodes.reversed() where alive.contains(node.output) {
      alive.formUnion(node.inputs)
      kept.append(node)
    }
    var copy = self
    copy.nodes = kept.reversed()
    return copy
  }

  /// Whether several images can be run at once: every step's shape must grow with the batch alone.
  ///
  /// Two sizes are tried, since operands of different ranks may fit by chance where an extent happens to be the number of images.
  func supportsBatches() -> Bool { [2, 3].allSatisfy(supports(batchOf:)) }

  private func supports(batchOf images: Int) -> Bool {
    var shapes = values.map { $0.shape }
    shapes[input.index] = shapes[input.index].withBatch(images)
    for node in nodes {
      let single = values[node.output.index].shape
      guard !node.operation.mixesImages, let first = single.dimensions.first,
        let shape = try? node.operation.shape(of: node.inputs.map { shapes[$0.index] }),
        shape == single.withBatch(images * first)
      else { return false }
      shapes[node.output.index] = shape
    }
    return true
  }
}

extension Graph {
  /// The graph of a model whose image may have any number of axes, as tests of single operators need.
  package init(importing model: OnnxModel, image: Shape, output: String? = nil) throws(PellucidError) {
    self = try GraphImport.graph(of: model, image: image, inputs: [:], output: output)
  }

  /// What the graph makes of an image, in its own shape and memory order.
  package func run(_ image: Tensor) throws(PellucidError) -> Tensor {
    try ForwardPass(self).values(image)[output.index] ?? image
  }

  /// A forward pass that can be walked back by gradients.
  package func trace(_ image: Tensor) throws(PellucidError) -> Trace {
    try Trace(self, input: image, rules: nodes.map { _ in nil }, watching: [])
  }
}
