internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// The operands of a node of which some are constants and some depend on the image, broadcast together.
struct MixedOperands: Sendable {
  /// The constants by place; nil where an operand depends on the image.
  let constants: [Tensor?]

  init(_ node: OperatorContext, count: Int) throws(PellucidError) {
    guard node.operands.count == count else {
      throw .malformed(node.node, "it has \(node.operands.count) operands where it takes \(count)")
    }
    constants = try node.operands.indices.map { (place) throws(PellucidError) in
      switch node.operands[place] {
      case .dynamic: return nil
      case .constant(let tensor): return Tensor(tensor.asFloats, shape: Shape(tensor.dimensions))
      case .absent: throw .malformed(node.node, "operand \(place) is missing")
      }
    }
  }

  /// All operands in the node's order, for the dynamic ones among them.
  func tensors(_ dynamic: [Tensor]) -> [Tensor] {
    var rest = dynamic[...]
    return constants.compactMap { $0 ?? rest.popFirst() }
  }

  /// The broadcast of all operands' shapes.
  func shape(_ dynamic: [Shape], of name: String) throws(PellucidError) -> Shape {
    var rest = dynamic[...]
    let all = constants.compactMap { $0?.shape ?? rest.popFirst() }
    var result = Shape([])
    for shape in all {
      guard let wider = Shape.broadcast(result, shape) else {
        throw .shapes(name, all, "they cannot be broadcast together")
      }
      result = wider
    }
    return result
  }
}
