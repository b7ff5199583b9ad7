package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Activations one after another along an axis (ONNX Concat), of which some may be constants.
package struct Concat: Operator, MultiInputOperator {
  package static let onnxNames = ["Concat"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  let axis: Int
  /// Constants at their places; nil for the dynamic inputs.
  let constants: [Tensor?]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let first = try node.shape()
    axis = try node.axis(node.node.int("axis", default: 1), rank: first.rank)
    constants = try node.operands.map { (operand) throws(PellucidError) in
      guard case .constant(let tensor) = operand else { return nil }
      guard let values = tensor.floats else { throw .malformed(node.node, "a constant that is \(tensor.elementType)") }
      return Tensor(values, shape: Shape(tensor.dimensions))
    }
    for index in node.operands.indices {
      guard try node.shape(index).rank == first.rank else {
        throw .shapes("node \(node.node.name)", [first, try node.shape(index)], "they differ in rank")
      }
    }
  }

  package var mixesImages: Bool { axis == 0 }

  /// Shapes of all operands; a constant for one image is repeated over the batch.
  private func shapes(_ dynamic: [Shape]) -> [Shape] {
    var rest = dynamic[...]
    return constants.map { constant in
      guard let constant else { return rest.popFirst() ?? Shape([]) }
      return axis != 0 && constant.shape[0] == 1 ? constant.shape.withBatch(dynamic.first?[0] ?? 1) : constant.shape
    }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let all = shapes(inputs)
    for part in all {
      let fits = part.rank == all[0].rank && (0..<part.rank).allSatisfy { $0 == axis || part[$0] == all[0][$0] }
      guard fits else { throw .shapes("a Concat", [all[0], part], "they differ off axis \(axis)") }
    }
    var out = all[0].dimensions
    out[axis] = all.reduce(0) { $0 + $1[axis] }
    return Shape(out)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
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
        from: source, sourceStrides: from, targetOffset: at * strides[axis], targetStrides: strides,
        extents: part.dimensions)
      at += part[axis]
    }
    return result
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
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
