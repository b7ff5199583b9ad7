public import Faults
internal import OnnxFormat
public import Tensors

/// Activations one after another along an axis (ONNX Concat), of which some may be constants.
public struct Concat: Operator {
  public static let onnxNames = ["Concat"]
  public let role = Role.rearrangement
  public let gradientNeeds: GradientNeeds = []
  private let axis: Int
  /// Constants at their places; nil for the dynamic inputs.
  private let constants: [Tensor?]

  public init(_ node: OperatorContext) throws(PellucidError) {
    let first = try node.shape()
    axis = try node.axis(node.node.int("axis", default: 1), rank: first.rank)
    constants = try node.operands.map { (operand) throws(PellucidError) in
      guard case .constant(let tensor) = operand else { return nil }
      guard let values = tensor.floats else { throw .malformed(node.node, "a constant that is \(tensor.elementType)") }
      return Tensor(values, shape: Shape(tensor.dimensions))
    }
    for index in node.operands.indices {
      let shape = try node.shape(index)
      let fits = shape.rank == first.rank && (0..<first.rank).allSatisfy { $0 == axis || shape[$0] == first[$0] }
      guard fits else { throw .shapes("node \(node.node.name)", [first, shape], "they differ off axis \(axis)") }
    }
  }

  /// Shapes of all operands; constants are repeated over the batch.
  private func shapes(_ dynamic: [Shape]) -> [Shape] {
    var rest = dynamic[...]
    return constants.map { constant in
      guard let constant else { return rest.popFirst() ?? Shape([]) }
      return axis == 0 ? constant.shape : constant.shape.withBatch(dynamic.first?[0] ?? 1)
    }
  }

  public func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let all = shapes(inputs)
    var out = all[0].dimensions
    out[axis] = all.reduce(0) { $0 + $1[axis] }
    return Shape(out)
  }

  public func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let shape = try shape(of: inputs.map(\.shape))
    let order = inputs[0].order
    var result = Tensor(unfilled: shape, order: order)
    let strides = shape.strides(in: order)
    var rest = inputs[...]
    var at = 0
    for (constant, part) in zip(constants, shapes(inputs.map(\.shape))) {
      guard let source = constant ?? rest.popFirst() else { continue }
      var from = source.shape.strides(in: source.order)
      if constant != nil, axis != 0, source.shape[0] == 1 { from[0] = 0 }
      result.copy(
        from: source, sourceStrides: from, targetOffset: at * strides[axis], targetStrides: strides, extents: part.dimensions)
      at += part[axis]
    }
    return result
  }

  public func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream
    let strides = dy.shape.strides(in: dy.order)
    var at = 0
    var all: [Tensor] = []
    for (constant, part) in zip(constants, shapes(saved.inputShapes)) {
      if constant == nil {
        var dx = Tensor(unfilled: part, order: dy.order)
        dx.copy(
          from: dy, sourceOffset: at * strides[axis], sourceStrides: strides, targetStrides: part.strides(in: dy.order),
          extents: part.dimensions)
        all.append(dx)
      }
      at += part[axis]
    }
    return all
  }
}
