internal import PellucidFaults
internal import PellucidTensors

/// An operator of which a box of the output can be computed from a box of each input.
///
/// One that cannot (it mixes all voxels, or moves them in another way than a window does) makes everything after it run in full.
protocol RegionOperator: Operator {
  /// The window through which an output voxel sees each input, for inputs of these shapes (of one image); nil where none does.
  func regionWindow(_ inputs: [Shape]) -> Window?

  /// The output in boxes that lie inside it, [n, C, extents], channels last.
  /// - Parameter rectified: whether max(0, ·) is applied on the way out; only asked of a ``Rectifying`` operator.
  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor
}

/// An operator that can apply max(0, ·) while it writes its output.
protocol Rectifying: Operator {
  func forward(_ inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor
}

/// A region operator of which each output voxel comes from the input's voxel at the same place.
protocol PointwiseOperator: RegionOperator {}

extension PointwiseOperator {
  func regionWindow(_ inputs: [Shape]) -> Window? { inputs[0].rank == 5 ? .pointwise : nil }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward([inputs[0].crop(to: boxes)]).ordered(.channelsLast)
  }
}

extension Window {
  /// One voxel makes one voxel.
  static let pointwise = Window(kernel: [1, 1, 1], stride: [1, 1, 1], dilation: [1, 1, 1], padBefore: [0, 0, 0])
}

extension Padding {
  /// The window on an input of these extents, whatever pads they call for.
  func window(on input: Shape) -> Window? {
    guard input.rank == 5 else { return nil }
    return Window(kernel: kernel, stride: stride, dilation: dilation, padBefore: pads(of: input.spatial).before)
  }
}

extension Shape {
  /// Whether a tensor of this shape, combined with an activation, has one value a channel or one in all.
  var isConstantOverVoxels: Bool { rank <= 5 && dimensions.suffix(3).allSatisfy { $0 == 1 } }
}
