package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// More voxels around a tensor: a constant value, or the border repeated or mirrored (ONNX Pad; negative pads crop).
package struct Pad: Operator {
  package static let onnxNames = ["Pad"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  private enum Mode { case constant, edge, reflect, wrap }
  let before: [Int]
  let after: [Int]
  let value: Float
  private let mode: Mode

  /// Whether what is added around is one value (or nothing).
  var isConstant: Bool { mode == .constant }

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    guard let pads = try node.integers(input: 1, attribute: "pads") else {
      throw .malformed(node.node, "its pads are missing")
    }
    let axes = try node.integers(input: 3, attribute: "axes") ?? Array(0..<input.rank)
    guard pads.count == 2 * axes.count, pads.allSatisfy({ $0.magnitude < 1 << 20 }) else {
      throw .malformed(node.node, "pads \(pads) for \(axes.count) axes")
    }
    var before = Array(repeating: 0, count: input.rank)
    var after = before
    for (index, axis) in axes.enumerated() {
      let place = try node.axis(axis, rank: input.rank)
      before[place] = pads[index]
      after[place] = pads[index + axes.count]
    }
    self.before = before
    self.after = after
    switch try node.node.string("mode", default: "constant") {
    case "constant": mode = .constant
    case "edge": mode = .edge
    case "reflect": mode = .reflect
    case "wrap": mode = .wrap
    case let other: throw .malformed(node.node, "mode \(other)")
    }
    let filled = try node.constant(2, "value")?.floats?.first
    value = if let filled { filled } else { try node.node.float("value", default: 0) }
    let out = try shape(of: [input])
    guard out.dimensions.allSatisfy({ $0 > 0 }) else {
      throw .malformed(node.node, "pads \(pads) leave nothing of \(input)")
    }
    guard mode != .constant else { return }
    let left = core(input).extents
    guard left.allSatisfy({ $0 > 0 }) else {
      throw .malformed(node.node, "pads \(pads) leave nothing of \(input) to repeat")
    }
    if mode == .reflect, left.indices.contains(where: { max(before[$0], after[$0]) >= left[$0] }) {
      throw .malformed(node.node, "pads \(pads) reflect more than there is of \(input)")
    }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    Shape((0..<before.count).map { inputs[0][$0] + before[$0] + after[$0] })
  }

  /// The part of the input that appears unchanged, and where.
  private func core(_ input: Shape) -> (from: [Int], to: [Int], extents: [Int]) {
    let from = before.map { max(0, -$0) }
    let to = before.map { max(0, $0) }
    // Where a crop takes more than there is, nothing is left of the input: only padding.
    let extents = (0..<input.rank).map { max(0, input[$0] - from[$0] - max(0, -after[$0])) }
    return (from, to, extents)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0]
    guard mode == .constant else { return fold(x, adding: false, onto: try shape(of: [x.shape])) }
    let shape = try shape(of: [x.shape])
    var y = Tensor(repeating: value, shape: shape, order: x.order)
    let (from, to, extents) = core(x.shape)
    let sx = x.shape.strides(in: x.order)
    let sy = shape.strides(in: x.order)
    y.copy(
      from: x, sourceOffset: zip(from, sx).reduce(0) { $0 + $1.0 * $1.1 }, sourceStrides: sx,
      targetOffset: zip(to, sy).reduce(0) { $0 + $1.0 * $1.1 }, targetStrides: sy, extents: extents)
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    let dy = upstream
    guard mode == .constant else { return [fold(dy, adding: true, onto: input)] }
    var dx = Tensor(repeating: 0, shape: input, order: dy.order)
    let (from, to, extents) = core(input)
    let sx = input.strides(in: dy.order)
    let sy = dy.shape.strides(in: dy.order)
    dx.copy(
      from: dy, sourceOffset: zip(to, sy).reduce(0) { $0 + $1.0 * $1.1 }, sourceStrides: sy,
      targetOffset: zip(from, sx).reduce(0) { $0 + $1.0 * $1.1 }, targetStrides: sx, extents: extents)
    return [dx]
  }

  /// Border modes, axis by axis and index by index: forward reads the input's index for each output index; the gradient adds back to it.
  ///
  /// Negative pads crop first; what is left is repeated or mirrored.
  private func fold(_ tensor: Tensor, adding: Bool, onto target: Shape) -> Tensor {
    var current = tensor
    for axis in before.indices where before[axis] != 0 || after[axis] != 0 {
      var extents = current.shape.dimensions
      let inner = adding ? target[axis] : extents[axis]
      let outer = inner + before[axis] + after[axis]
      extents[axis] = adding ? inner : outer
      let shape = Shape(extents)
      var next = Tensor(repeating: 0, shape: shape, order: current.order)
      let from = current.shape.strides(in: current.order)
      let to = shape.strides(in: current.order)
      extents[axis] = 1
      let first = max(0, -before[axis])
      let left = inner - first - max(0, -after[axis])
      for index in 0..<outer {
        let source = first + borderIndex(index - max(0, before[axis]), left)
        next.copy(
          from: current, sourceOffset: (adding ? index : source) * from[axis], sourceStrides: from,
          targetOffset: (adding ? source : index) * to[axis], targetStrides: to, extents: extents, adding: adding)
      }
      current = next
    }
    return current
  }

  private func borderIndex(_ index: Int, _ extent: Int) -> Int {
    switch mode {
    case .wrap: return ((index % extent) + extent) % extent
    case .reflect where index < 0: return -index
    case .reflect where index >= extent: return 2 * (extent - 1) - index
    default: return min(max(index, 0), extent - 1)
    }
  }

  package var mixesImages: Bool { before.first != 0 || after.first != 0 }

  package var field: SpatialField {
    .samples(before.indices.map { Sampling(axis: $0, cells: 1, first: -Double(before[$0]), step: 1) })
  }
}
