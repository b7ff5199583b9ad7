package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// A regular part of a tensor (ONNX Slice; also the parts of a Split, and Gather of one index).
package struct Slice: Operator {
  package static let onnxNames = ["Slice"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []

  /// First index, step and count along each axis that is cut.
  struct Cut: Sendable, Hashable {
    var axis: Int
    var start: Int
    var step: Int
    var count: Int
  }

  package var field: SpatialField {
    guard droppedAxis == nil else { return .everything }
    return .samples(cuts.map { Sampling(axis: $0.axis, cells: 1, first: Double($0.start), step: Double($0.step)) })
  }

  let cuts: [Cut]
  /// An axis that disappears, as Gather with a scalar index does.
  let droppedAxis: Int?

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    guard let starts = try node.integers(input: 1, attribute: "starts"),
      let ends = try node.integers(input: 2, attribute: "ends"),
      starts.count == ends.count
    else { throw .malformed(node.node, "starts or ends are missing") }
    let axes = try node.integers(input: 3, attribute: "axes") ?? Array(starts.indices)
    let steps = try node.integers(input: 4, attribute: "steps") ?? Array(repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count else {
      throw .malformed(node.node, "lists of unequal length")
    }
    guard Set(axes.map { $0 < 0 ? $0 + input.rank : $0 }).count == axes.count else {
      throw .malformed(node.node, "an axis is cut twice: \(axes)")
    }
    var cuts: [Cut] = []
    for index in starts.indices {
      let axis = try node.axis(axes[index], rank: input.rank)
      guard let cut = Cut(axis: axis, from: starts[index], to: ends[index], step: steps[index], extent: input[axis])
      else {
        throw .malformed(node.node, "an empty cut of axis \(axis)")
      }
      cuts.append(cut)
    }
    self.init(cuts, dropping: nil)
  }

  init(_ cuts: [Cut], dropping axis: Int?) {
    self.cuts = cuts
    self.droppedAxis = axis
  }

  private func cutShape(_ input: Shape) -> Shape {
    var out = input.dimensions
    for cut in cuts { out[cut.axis] = cut.count }
    return Shape(out)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let cut = cutShape(inputs[0])
    guard let droppedAxis else { return cut }
    return Shape(cut.dimensions.enumerated().filter { $0.offset != droppedAxis }.map(\.element))
  }

  /// Where the part begins, and its steps, in a tensor with these strides.
  private func part(_ strides: [Int]) -> (offset: Int, strides: [Int]) {
    var offset = 0
    var steps = strides
    for cut in cuts {
      offset += cut.start * strides[cut.axis]
      steps[cut.axis] = cut.step * strides[cut.axis]
    }
    return (offset, steps)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = droppedAxis == nil ? inputs[0] : inputs[0].ordered(.rowMajor)
    let shape = cutShape(x.shape)
    var y = Tensor(unfilled: shape, order: x.order)
    let (offset, strides) = part(x.shape.strides(in: x.order))
    y.copy(
      from: x, sourceOffset: offset, sourceStrides: strides, targetStrides: shape.strides(in: x.order),
      extents: shape.dimensions)
    return droppedAxis == nil ? y : y.reinterpreted(as: try self.shape(of: [x.shape]), order: .rowMajor)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    let shape = cutShape(input)
    let dy = droppedAxis == nil ? upstream : upstream.ordered(.rowMajor).reinterpreted(as: shape, order: .rowMajor)
    var dx = Tensor(repeating: 0, shape: input, order: dy.order)
    let (offset, strides) = part(input.strides(in: dy.order))
    dx.copy(
      from: dy, sourceStrides: shape.strides(in: dy.order), targetOffset: offset, targetStrides: strides,
      extents: shape.dimensions)
    return [dx]
  }
}

extension Slice.Cut {
  /// ONNX's starts, ends and steps, with its clamping; nil where nothing is left.
  init?(axis: Int, from start: Int, to end: Int, step: Int, extent: Int) {
    guard step != 0, extent > 0 else { return nil }
    let wrap = { (index: Int) in index < 0 ? index &+ extent : index }
    if step > 0 {
      let low = min(max(wrap(start), 0), extent)
      let high = min(max(wrap(end), 0), extent)
      guard high > low else { return nil }
      let count = (high - low - 1) / step + 1
      self.init(axis: axis, start: low, step: count == 1 ? 1 : step, count: count)
    } else {
      let high = min(max(wrap(start), 0), extent - 1)
      let low = min(max(end < -extent ? -1 : wrap(end), -1), extent - 1)
      guard high > low, step > Int(Int32.min) else { return nil }
      let count = (high - low - 1) / -step + 1
      self.init(axis: axis, start: high, step: count == 1 ? 1 : step, count: count)
    }
  }
}
