internal import PellucidFaults
internal import PellucidTensors

// Boxes of what mixes all voxels of a slice, of slices that are folded into the first axis: such steps keep the slices apart.

extension Window {
  /// A whole slice makes each voxel of the output's, of whatever extents.
  static func slice(of shape: Shape) -> Window {
    let extents = shape.asVolume.spatial
    // Wherever something changed, from any place of the output it is seen.
    return Window(
      kernel: [1, 2 * extents[1] - 1, 2 * extents[2] - 1], stride: [1, 1, 1], dilation: [1, 1, 1],
      padBefore: [0, extents[1] - 1, extents[2] - 1])
  }

  /// A whole slice makes one voxel.
  static func pooledSlice(of shape: Shape) -> Window {
    let extents = shape.asVolume.spatial
    return Window(
      kernel: [1, extents[1], extents[2]], stride: [1, 1, 1], dilation: [1, 1, 1], padBefore: [0, 0, 0])
  }
}

extension Boxes {
  /// The whole slices of a map in which the boxes lie.
  func wholeSlices(of map: Shape) -> Boxes {
    Boxes(
      extents: [extents[0], map.spatial[1], map.spatial[2]],
      corners: corners.enumerated().map { $0 % 3 == 0 ? $1 : 0 })
  }
}

extension InstanceNormalization: RegionOperator {
  /// Of slices.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].isMap && inputs[0].rank < 5 && inputs[0][0] > 1 ? .slice(of: inputs[0]) : nil
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try onSlices(inputs[0], boxes)
  }
}

extension GroupNormalization: RegionOperator {
  /// Of slices.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].isMap && inputs[0].rank < 5 && inputs[0][0] > 1 ? .slice(of: inputs[0]) : nil
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try onSlices(inputs[0], boxes)
  }
}

extension RegionOperator {
  /// The step on the whole slices of the boxes, which are whole slices themselves.
  fileprivate func onSlices(_ map: ChangedMap, _ boxes: Boxes) throws(PellucidError) -> Tensor {
    let slices = boxes.wholeSlices(of: map.shape)
    precondition(slices == boxes, "a part of a slice that is known as a whole")
    return try forward([map.ownCrop(to: slices)]).volume(images: boxes.count)
  }
}
