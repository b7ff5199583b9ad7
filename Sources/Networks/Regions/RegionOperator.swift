internal import PellucidFaults
internal import PellucidTensors

/// An operator of which a box of the output can be computed from a box of each input.
///
/// One that cannot (it mixes all voxels, or moves them in another way than a window does) makes everything after it run in full.
/// Boxes and windows are along D, H, W of the map of three axes that every map is, whatever its rank (``PellucidTensors/Shape/asVolume``):
/// of slices that are folded into the first axis, D is the slice.
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
  func regionWindow(_ inputs: [Shape]) -> Window? { inputs[0].isMap ? .pointwise : nil }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward([inputs[0].ownCrop(to: boxes)]).volume(images: boxes.count)
  }
}

extension Window {
  /// One voxel makes one voxel.
  static let pointwise = Window(kernel: [1, 1, 1], stride: [1, 1, 1], dilation: [1, 1, 1], padBefore: [0, 0, 0])
}

extension Padding {
  /// The window on an input of these extents, whatever pads they call for.
  func window(on input: Shape) -> Window? {
    guard input.isMap else { return nil }
    return Window(
      kernel: kernel, stride: stride, dilation: dilation, padBefore: pads(of: input.asVolume.spatial).before)
  }
}

extension Shape {
  /// Whether a tensor of this shape, combined with a map of a rank, has one value a channel or one in all.
  func isConstantOverVoxels(ofRank mapRank: Int) -> Bool {
    let isPerSlice = mapRank < 5 && rank == mapRank && self[0] != 1
    return rank <= mapRank && !isPerSlice && dimensions.suffix(mapRank - 2).allSatisfy { $0 == 1 }
  }
}
