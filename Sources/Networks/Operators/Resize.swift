package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Resampling by a factor along each axis: ONNX Resize (versions 10 to 19) and Upsample; nearest, linear or cubic.
///
/// Every axis is a product with a constant matrix [outputs, inputs], its transpose is the gradient. Where no extent changes, the input
/// passes as it is, whatever the scales, as ONNX Runtime has it.
package struct Resize: Operator {
  package static let onnxNames = ["Resize", "Upsample"]
  package let role = Role.mixing
  package let gradientNeeds: GradientNeeds = []

  private let samplings: [Sampling]
  /// The axes that change.
  private let steps: [Step]

  /// One axis: its matrix, kept where it is small and made anew where it is not, since a file may ask for thousands of large ones.
  private struct Step: Sendable {
    let axis: Int
    let extent: Int
    let count: Int
    let scale: Double
    let rule: ResizeRule
    private let kept: Tensor?

    init(axis: Int, extent: Int, count: Int, scale: Double, rule: ResizeRule) {
      self.axis = axis
      self.extent = extent
      self.count = count
      self.scale = scale
      self.rule = rule
      kept = extent * count <= 1 << 16 ? rule.matrix(from: extent, to: count, scale: scale) : nil
    }

    /// [outputs, inputs].
    var matrix: Tensor { kept ?? rule.matrix(from: extent, to: count, scale: scale) }
  }

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
    guard ["stretch", "not_larger", "not_smaller"].contains(policy) else {
      throw .malformed(node.node, "keep_aspect_ratio_policy is \(policy)")
    }
    if let given = sizes, policy != "stretch", given.count == axes.count {
      let each = zip(given, axes).map { Double($0) / Double(input[$1]) }
      guard let common = policy == "not_larger" ? each.min() : each.max() else {
        throw .malformed(node.node, "it has no axes")
      }
      sizes = axes.map { Int((common * Double(input[$0])).rounded(.toNearestOrAwayFromZero)) }
      uniform = common
    }
    var samplings: [Sampling] = []
    var steps: [Step] = []
    for (place, axis) in axes.enumerated() {
      let extent = input[axis]
      let size = sizes.flatMap { $0.count == axes.count ? $0[place] : nil }
      let scale = uniform ?? size.map { Double($0) / Double(extent) } ?? Double(scales[place])
      // In float32, as ONNX Runtime multiplies: 1.2 times 5 is 6.
      let count = size ?? Int(Float(extent) * Float(scale))
      guard count > 0, count < 1 << 20, count * extent < 1 << 24 else {
        throw .malformed(node.node, "\(count) places along axis \(axis)")
      }
      if count == extent, scale == 1 { continue }
      let step = Step(axis: axis, extent: extent, count: count, scale: scale, rule: rule)
      steps.append(step)
      let places = (0..<2).map { rule.place(of: $0, extent: extent, count: count, scale: scale) }
      let weights = step.matrix.values
      let taps = (0..<count).map { row in weights[(row * extent)..<((row + 1) * extent)].count { $0 != 0 } }
      samplings.append(
        Sampling(
          axis: axis, cells: taps.max() ?? 1, first: places[0], step: count > 1 ? places[1] - places[0] : 1 / scale))
    }
    let isWhole = steps.allSatisfy { $0.count == $0.extent }
    self.steps = isWhole ? [] : steps
    self.samplings = isWhole ? [] : samplings
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var out = inputs[0].dimensions
    for step in steps {
      guard step.axis < out.count, out[step.axis] == step.extent else {
        throw .shapes("a resampling", inputs, "it was made for \(step.extent) places along axis \(step.axis)")
      }
      out[step.axis] = step.count
    }
    return Shape(out)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var y = inputs[0]
    for step in steps { y = try Self.product(step.matrix, transposed: false, y, along: step.axis) }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    var dx = upstream
    for step in steps.reversed() { dx = try Self.product(step.matrix, transposed: true, dx, along: step.axis) }
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
    steps.reduce(0) { $0 + $1.extent } * output.count
  }
}
