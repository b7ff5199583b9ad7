internal import PellucidFaults
internal import PellucidTensors

// Boxes of what works on single voxels.

extension Relu: PointwiseOperator {}

extension PRelu: PointwiseOperator {
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].isMap && slope.shape.isConstantOverVoxels(ofRank: inputs[0].rank) ? .pointwise : nil
  }
}

extension BatchNormalization: PointwiseOperator, Rectifying {
  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward([inputs[0].ownCrop(to: boxes)], rectified: rectified).volume(images: boxes.count)
  }
}

extension Softmax: PointwiseOperator {
  /// Over the channels of a voxel.
  func regionWindow(_ inputs: [Shape]) -> Window? { inputs[0].isMap && axes(inputs[0]) == [1] ? .pointwise : nil }
}

extension Reduce: PointwiseOperator {
  /// Over the channels of a voxel, or over each slice of many.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].isMap, keepsAxes else { return nil }
    if axes == [1] { return .pointwise }
    let spatial = Array(2..<inputs[0].rank)
    guard axes == spatial || axes == [1] + spatial, inputs[0].rank < 5, inputs[0][0] > 1 else { return nil }
    return .pooledSlice(of: inputs[0])
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    let seen = axes == [1] ? boxes : boxes.wholeSlices(of: inputs[0].shape)
    return try forward([inputs[0].ownCrop(to: seen)]).volume(images: boxes.count)
  }

  /// What Σ over the voxels is multiplied by where that is all it computes, for an input of this shape; else nil.
  func voxelSumFactor(_ input: Shape) -> Double? {
    guard input.isMap, axes == Array(2..<input.rank), input[0] == 1 else { return nil }
    switch kind {
    case .mean: return 1 / Double(input.voxels)
    case .sum: return 1
    default: return nil
    }
  }
}

extension Binary: RegionOperator, Rectifying {
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].isMap else { return nil }
    if let constant {
      guard constant.tensor.shape.isConstantOverVoxels(ofRank: inputs[0].rank),
        Shape.broadcast(inputs[0], constant.tensor.shape) == inputs[0]
      else {
        return nil
      }
    } else if inputs[0] != inputs[1] {
      return nil
    }
    return .pointwise
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward(inputs.map { $0.ownCrop(to: boxes) }, rectified: rectified).volume(images: boxes.count)
  }
}
