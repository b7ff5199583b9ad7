internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// ONNX MatMul of two activations, batched over the leading axes as NumPy does.
///
/// With a constant right-hand side of rank 2 the graph's import makes a ``Dense`` of it.
package struct MatMul: Operator, MultiInputOperator {
  package static let onnxNames = ["MatMul"]
  package var role: Role { constant == nil ? .bilinear : .mixing }
  package let gradientNeeds: GradientNeeds = .inputs
  /// A constant operand and its side; nil where both depend on the image.
  let constant: (tensor: Tensor, isLeft: Bool)?

  package init(_ node: OperatorContext) throws(PellucidError) {
    guard node.operands.count == 2 else { throw .malformed(node.node, "\(node.operands.count) operands") }
    if case .constant(let left) = node.operands[0] {
      guard let values = left.floats else { throw .malformed(node.node, "a constant that is not float") }
      constant = (Tensor(values, shape: Shape(left.dimensions)), true)
    } else if case .constant(let right) = node.operands[1] {
      guard let values = right.floats else { throw .malformed(node.node, "a constant that is not float") }
      constant = (Tensor(values, shape: Shape(right.dimensions)), false)
    } else {
      constant = nil
    }
    for index in 0..<2 {
      let rank = try node.shape(index).rank
      guard rank >= 2 else { throw .form(node.node, "an operand has \(rank) axes", wanted: "matrices") }
    }
  }

  private func operands(_ inputs: [Tensor]) -> (Tensor, Tensor) {
    guard let constant else { return (inputs[0].ordered(.rowMajor), inputs[1].ordered(.rowMajor)) }
    return constant.isLeft
      ? (constant.tensor, inputs[0].ordered(.rowMajor)) : (inputs[0].ordered(.rowMajor), constant.tensor)
  }

  private func shape(_ a: Shape, _ b: Shape) throws(PellucidError) -> Shape {
    guard a[a.rank - 1] == b[b.rank - 2],
      let lead = Shape.broadcast(Shape(Array(a.dimensions.dropLast(2))), Shape(Array(b.dimensions.dropLast(2))))
    else { throw .shapes("a matrix product", [a, b], "columns and rows differ") }
    return Shape(lead.dimensions + [a[a.rank - 2], b[b.rank - 1]])
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    guard let constant else { return try shape(inputs[0], inputs[1]) }
    return constant.isLeft ? try shape(constant.tensor.shape, inputs[0]) : try shape(inputs[0], constant.tensor.shape)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let (a, b) = operands(inputs)
    return try Self.product(a, b, transposeA: false, transposeB: false, shape: try shape(a.shape, b.shape))
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    let (a, b) = operands(saved.inputs.compactMap { $0 })
    let lead = Array(dy.shape.dimensions.dropLast(2))
    var all: [Tensor] = []
    if constant?.isLeft != true {
      let full = Shape(lead + [a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1]])
      all.append(try Self.product(dy, b, transposeA: false, transposeB: true, shape: full).summed(to: a.shape))
    }
    if constant?.isLeft != false {
      let full = Shape(lead + [b.shape[b.shape.rank - 2], b.shape[b.shape.rank - 1]])
      all.append(try Self.product(a, dy, transposeA: true, transposeB: false, shape: full).summed(to: b.shape))
    }
    return all
  }

  /// Matrix by matrix over the broadcast leading axes.
  static func product(
    _ a: Tensor, _ b: Tensor, transposeA: Bool, transposeB: Bool, shape: Shape
  ) throws(PellucidError) -> Tensor {
    var c = Tensor(unfilled: shape, order: .rowMajor)
    let m = shape[shape.rank - 2]
    let n = shape[shape.rank - 1]
    let sizeA = a.shape[a.shape.rank - 2] * a.shape[a.shape.rank - 1]
    let sizeB = b.shape[b.shape.rank - 2] * b.shape[b.shape.rank - 1]
    let k = transposeA ? a.shape[a.shape.rank - 2] : a.shape[a.shape.rank - 1]
    let lead = Array(shape.dimensions.dropLast(2))
    let placesA = matrixPlaces(Array(a.shape.dimensions.dropLast(2)), in: lead)
    let placesB = matrixPlaces(Array(b.shape.dimensions.dropLast(2)), in: lead)
    try Kernels.products(
      a, at: placesA.map { $0 * sizeA }, transposedA: transposeA, b, atB: placesB.map { $0 * sizeB },
      transposedB: transposeB, m: m, n: n, k: k, into: &c)
    return c
  }

  /// Which of an operand's matrices belongs to each matrix of the result.
  private static func matrixPlaces(_ own: [Int], in lead: [Int]) -> [Int] {
    var places = [0]
    var strides = Shape(own).strides(in: .rowMajor)
    strides = Array(repeating: 0, count: lead.count - own.count) + zip(strides, own).map { $1 == 1 ? 0 : $0 }
    for (axis, extent) in lead.enumerated() {
      places = places.flatMap { place in (0..<extent).map { place + $0 * strides[axis] } }
    }
    return places
  }

  package var field: SpatialField { .everything }
  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    let left = constant.map { $0.isLeft ? $0.tensor.shape : inputs[0] } ?? inputs[0]
    return output.count * (left.dimensions.last ?? 0)
  }
}
