public import PellucidFaults
public import PellucidOnnxFormat
public import PellucidTensors

/// A node as its operator sees it while it is bound: attributes, constant inputs, and the shapes of the others.
public struct OperatorContext: Sendable {
  /// One input of a node.
  public enum Operand: Sendable {
    /// A constant of the model, or one computed from constants.
    case constant(OnnxTensor)
    /// Something that depends on the image; its shape for one image.
    case dynamic(Shape)
    /// An optional input left out.
    case absent

    /// Whether it holds strings, with which nothing can be computed.
    var isText: Bool {
      if case .constant(let tensor) = self { tensor.strings != nil } else { false }
    }
  }

  /// The node as imported.
  public let node: OnnxNode
  /// Version of ONNX's operator set.
  public let opset: Int
  /// The node's inputs in its own order.
  public let operands: [Operand]

  /// A node with its operands.
  public init(node: OnnxNode, opset: Int, operands: [Operand]) {
    self.node = node
    self.opset = opset
    self.operands = operands
  }

  /// The constant at a place; nil where the input is absent.
  /// - Throws: `.unsupported` where the input depends on the image.
  public func constant(_ index: Int, _ noun: String) throws(PellucidError) -> OnnxTensor? {
    guard index < operands.count else { return nil }
    switch operands[index] {
    case .constant(let tensor): return tensor
    case .absent: return nil
    case .dynamic: throw .form(node, "its \(noun) depend on the image", wanted: "constants")
    }
  }

  /// The constant at a place, which must be there.
  public func required(_ index: Int, _ noun: String) throws(PellucidError) -> OnnxTensor {
    guard let tensor = try constant(index, noun) else { throw .malformed(node, "its \(noun) are missing") }
    return tensor
  }

  /// The finite floats at a place; nil where the input is absent.
  public func floats(_ index: Int, _ noun: String) throws(PellucidError) -> [Float]? {
    guard index < operands.count, case .constant = operands[index] else {
      _ = try constant(index, noun)
      return nil
    }
    return try requiredFloats(index, noun).values
  }

  /// The float constant at a place, which must be there and be finite.
  public func requiredFloats(_ index: Int, _ noun: String) throws(PellucidError) -> (values: [Float], dimensions: [Int])
  {
    let tensor = try required(index, noun)
    guard let values = tensor.floats else {
      throw .malformed(node, "its \(noun) are \(tensor.elementType), not floats")
    }
    // A ReLU would hide what is not a number.
    guard values.allSatisfy(\.isFinite) else { throw .malformed(node, "its \(noun) are not all finite") }
    return (values, tensor.dimensions)
  }

  /// The integers at a place or in an attribute: since opset 13 many lists moved from attributes to inputs.
  public func integers(input index: Int, attribute: String) throws(PellucidError) -> [Int]? {
    if let tensor = try constant(index, attribute) {
      guard let values = tensor.integers else { throw .malformed(node, "\(attribute) are not integers") }
      return values.map(Int.init)
    }
    return try node.ints(attribute)
  }

  /// Shape of a dynamic input; the first by default.
  public func shape(_ index: Int = 0) throws(PellucidError) -> Shape {
    guard index < operands.count else { throw .malformed(node, "input \(index) is missing") }
    switch operands[index] {
    case .dynamic(let shape): return shape
    case .constant(let tensor): return Shape(tensor.dimensions)
    case .absent: throw .malformed(node, "input \(index) is missing")
    }
  }

  /// An axis attribute made non-negative.
  public func axis(_ value: Int, rank: Int) throws(PellucidError) -> Int {
    let axis = value < 0 ? value + rank : value
    guard (0..<rank).contains(axis) else { throw .malformed(node, "axis \(value) of a tensor with \(rank) axes") }
    return axis
  }
}
