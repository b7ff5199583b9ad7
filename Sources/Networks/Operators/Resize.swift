package import Faults
internal import OnnxFormat
package import Tensors

/// Resampling by a factor along each axis: ONNX Resize (versions 10 to 19) and Upsample; nearest, linear or cubic.
///
/// Every axis is a product with a constant matrix [outputs, inputs], its transpose is the gradient.
package struct Resize: Operator {
  package static let onnxNames = ["Resize", "Upsample"]
  package let role = Role.mixing
  package let gradientNeeds: GradientNeeds = []

  private let samplings: [Sampling]
  /// The matrices of the axes that change, [outputs, inputs].
  private let matrices: [(axis: Int, matrix: Tensor)]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    var uniform: Double?
    let isOld = node.opset < 11 || node.node.operation == "Upsample"
    let axes = try (try node.node.ints("axes") ?? Array(0..<input.rank)).map { (axis) throws(PellucidError) in
      try node.axis(axis, rank: input.rank)
    }
    let listed = try node.floats(isOld ? 1 : 2, "scales")
    let attribute: [Float]? = try node.node.floats("scales")
    let scales: [Float] = listed ?? attribute ?? []
    var sizes = isOld ? nil : try node.integers(input: 3, attribute: "sizes")
    guard scales.count == axes.count || sizes?.count == axes.count,
      scales.allSatisfy({ $0 > 0 && $0 < 65536 }), sizes?.allSatisfy({ $0 > 0 && $0 < 1 << 20 }) != false
    else { throw .malformed(node.node, "scales \(scales) or sizes \(sizes ?? []) for \(axes.count) axes") }
    let rule = try ResizeRule(node, isOld: isOld)
    // One scale for all axes: the smallest or the largest that the sizes ask for.
    let policy = try node.node.string("keep_aspect_ratio_policy", default: "stretch")
    if let given = sizes, policy != "stretch", given.count == axes.count {
      let each = zip(given, axes).map { Double($0) / Double(input[$1]) }
      guard let common = policy == "not_larger" ? each.min() : each.max() else {
        throw .malformed(node.node, "it has no axes")
      }
      sizes = axes.map { Int((common * Double(input[$0])).rounded(.toNearestOrAwayFromZero)) }
      uniform = common
    }
    var samplings: [Sampling] = []
    var matrices: [(axis: Int, matrix: Tensor)] = []
    for (place, axis) in axes.enumerated() {
      let extent = input[axis]
      let size = sizes.flatMap { $0.count == axes.count ? $0[place] : nil }
      let scale = uniform ?? size.map { Double($0) / Double(extent) } ?? Double(scales[place])
      let count = size ?? Int((Double(extent) * scale).rounded(.down))
      guard count > 0, count < 1 << 20, count * extent < 1 << 26 else {
        throw .malformed(node.node, "\(count) places along axis \(axis)")
      }
      if count == extent, scale == 1 { continue }
      let matrix = rule.matrix(from: extent, to: count, scale: scale)
      matrices.append((axis, matrix))
      let places = (0..<2).map { rule.place(of: $0, extent: extent, count: count, scale: scale) }
      let weights = matrix.values
      let taps = (0..<count).map { row in weights[(row * extent)..<((row + 1) * extent)].count { $0 != 0 } }
      samplings.append(
        Sampling(
          axis: axis, cells: taps.max() ?? 1, first: places[0], step: count > 1 ? places[1] - places[0] : 1 / scale))
    }
    self.matrices = matrices
    self.samplings = samplings
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var out = inputs[0].dimensions
    for (axis, matrix) in matrices {
      guard axis < out.count, out[axis] == matrix.shape[1] else {
        throw .shapes("a resampling", inputs, "it was made for \(matrix.shape[1]) places along axis \(axis)")
      }
      out[axis] = matrix.shape[0]
    }
    return Shape(out)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var y = inputs[0]
    for (axis, matrix) in matrices { y = try Self.product(matrix, transposed: false, y, along: axis) }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    var dx = upstream
    for (axis, matrix) in matrices.reversed() { dx = try Self.product(matrix, transposed: true, dx, along: axis) }
    return [dx]
  }

  /// The matrix, or its transpose, applied along an axis, in the tensor's own memory order.
  private static func product(
    _ matrix: Tensor, transposed: Bool, _ x: Tensor, along axis: Int
  ) throws(PellucidError) -> Tensor {
    let (from, to) = (x.shape[axis], matrix.shape[transposed ? 1 : 0])
    var extents = x.shape.dimensions
    extents[axis] = to
    var y = Tensor(unfilled: Shape(extents), order: x.order)
    let inMemory = x.order.axes(ofRank: x.shape.rank)
    let later = inMemory.drop { $0 != axis }.dropFirst()
    let inner = later.reduce(1) { $0 * x.shape[$1] }
    for outer in 0..<(x.count / max(1, from * inner)) {
      try Kernels.product(
        matrix, transposedA: transposed, x, atB: outer * from * inner, m: to, n: inner, k: from, into: &y,
        atC: outer * to * inner)
    }
    return y
  }

  package var field: SpatialField { .samples(samplings) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    matrices.reduce(0) { $0 + $1.matrix.shape[1] } * output.count
  }
}
