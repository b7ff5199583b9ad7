internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Means, sums and extremes over axes: ONNX ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceL2, GlobalAveragePool and GlobalMaxPool.
///
/// Sums are carried in double. An extreme's gradient goes to the first one, as PyTorch's pools do.
package struct Reduce: Operator {
  package static let onnxNames = [
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare", "GlobalAveragePool",
    "GlobalMaxPool",
  ]
  enum Kind { case mean, sum, max, min, norm, squares }
  let kind: Kind
  let axes: [Int]
  let keepsAxes: Bool
  package let role: Role
  package let gradientNeeds: GradientNeeds

  package init(_ node: OperatorContext) throws(PellucidError) {
    let rank = try node.shape().rank
    switch node.node.operation {
    case "GlobalAveragePool", "ReduceMean": kind = .mean
    case "GlobalMaxPool", "ReduceMax": kind = .max
    case "ReduceMin": kind = .min
    case "ReduceL2": kind = .norm
    case "ReduceSumSquare": kind = .squares
    default: kind = .sum
    }
    if node.node.operation.hasPrefix("Global") {
      guard rank >= 3 else { throw .malformed(node.node, "a global pool of an input with \(rank) axes") }
      axes = Array(2..<rank)
      keepsAxes = true
    } else {
      let listed = try node.integers(input: 1, attribute: "axes") ?? []
      let noop = try node.node.flag("noop_with_empty_axes", default: false)
      var wanted: Set<Int> = []
      for axis in listed { wanted.insert(try node.axis(axis, rank: rank)) }
      if listed.isEmpty, !noop { wanted = Set(0..<rank) }
      axes = wanted.sorted()
      keepsAxes = try node.node.flag("keepdims", default: true)
    }
    role =
      switch kind {
      case .mean where axes == Array(2..<max(2, rank)) && rank > 2: .averaging
      case .mean, .sum, .norm: .mixing
      case .squares: .bilinear
      case .max, .min: .maximum
      }
    gradientNeeds =
      switch kind {
      case .mean, .sum: []
      case .squares: .inputs
      case .max, .min, .norm: [.inputs, .output]
      }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let input = inputs[0]
    return Shape(
      (0..<input.rank).compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : input[$0] })
  }

  private func kept(_ input: Shape) -> Shape { Shape((0..<input.rank).map { axes.contains($0) ? 1 : input[$0] }) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0]
    let shape = try shape(of: [x.shape])
    let size = Float(axes.reduce(1) { $0 * x.shape[$1] })
    let reduced: Tensor =
      switch kind {
      case .mean: x.reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
      case .sum: x.reduced(PK_SUM, axes: axes)
      case .max: x.reduced(PK_MAX, axes: axes)
      case .min: x.scaled(by: -1).reduced(PK_MAX, axes: axes).scaled(by: -1)
      case .squares: x.reduced(PK_SUM_OF_SQUARES, axes: axes)
      case .norm: try Kernels.apply(PK_SQRT, to: x.reduced(PK_SUM_OF_SQUARES, axes: axes))
      }
    return reduced.reinterpreted(as: shape, order: .rowMajor)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    let dy = upstream.ordered(.rowMajor).reinterpreted(as: kept(input), order: .rowMajor)
    let size = Float(axes.reduce(1) { $0 * input[$1] })
    let ones = { (value: Float) in Tensor(repeating: value, shape: input, order: .channelsLast) }
    switch kind {
    case .sum: return [ones(1).combined(.multiply, with: dy)]
    case .mean: return [ones(1 / size).combined(.multiply, with: dy)]
    case .squares: return [saved.input().scaled(by: 2).combined(.multiply, with: dy)]
    case .norm:
      let y = saved.keptOutput().ordered(.rowMajor).reinterpreted(as: kept(input), order: .rowMajor)
      // At 0 the norm has no gradient; 0 is one of its subgradients, and PyTorch's.
      let tiny = Tensor([Float.leastNormalMagnitude], shape: Shape([1]))
      return [saved.input().combined(.divide, with: y.combined(.maximum, with: tiny)).combined(.multiply, with: dy)]
    case .max, .min:
      let x = saved.input()
      let y = saved.keptOutput().ordered(.rowMajor).reinterpreted(as: kept(input), order: .rowMajor)
      // y has the extents of x or 1, so either way round gives x's shape.
      let marks = kind == .max ? x.combined(.notBelow, with: y) : y.combined(.notBelow, with: x)
      return [firstExtremes(marks).combined(.multiply, with: dy)]
    }
  }

  /// Leaves only the first 1 of each reduced set.
  private func firstExtremes(_ marks: Tensor) -> Tensor {
    let keptAxes = (0..<marks.shape.rank).filter { !axes.contains($0) }
    let arranged = marks.permuted(keptAxes + axes)
    let size = max(1, axes.reduce(1) { $0 * marks.shape[$1] })
    var values = arranged.values
    for start in stride(from: 0, to: values.count, by: size) {
      var found = false
      for i in start..<(start + size) where values[i] == 1 {
        if found { values[i] = 0 }
        found = true
      }
    }
    let axesInOrder = keptAxes + axes
    let back = (0..<marks.shape.rank).map { axis in axesInOrder.firstIndex(of: axis) ?? 0 }
    return Tensor(values, shape: arranged.shape).permuted(back).ordered(marks.order)
  }

  package var field: SpatialField {
    guard !keepsAxes, let last = axes.last else { return .mixed(axes) }
    // What is left of the axes moves together; what lies behind the last reduced one is not known here, and at most five axes are.
    let reduced = Set(axes)
    let places = (0..<max(last + 1, 5)).map { axis in
      reduced.contains(axis) ? nil : axis - axes.filter { $0 < axis }.count
    }
    return .moved(places)
  }
}
