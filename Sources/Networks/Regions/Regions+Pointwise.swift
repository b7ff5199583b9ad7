internal import PellucidFaults
internal import PellucidTensors

// Boxes of what works on single voxels.

extension Relu: PointwiseOperator {}

extension PRelu: PointwiseOperator {
  func regionWindow(_ inputs: [Shape]) -> Window? {
    inputs[0].rank == 5 && slope.shape.isConstantOverVoxels ? .pointwise : nil
  }
}

extension BatchNormalization: PointwiseOperator, Rectifying {
  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward([inputs[0].crop(to: boxes)], rectified: rectified)
  }
}

extension Softmax: PointwiseOperator {
  /// Over the channels of a voxel.
  func regionWindow(_ inputs: [Shape]) -> Window? { inputs[0].rank == 5 && axes(inputs[0]) == [1] ? .pointwise : nil }
}

extension Reduce: PointwiseOperator {
  /// Over the channels of a voxel.
  func regionWindow(_ inputs: [Shape]) -> Window? { inputs[0].rank == 5 && axes == [1] && keepsAxes ? .pointwise : nil }

  /// What Σ over the voxels is multiplied by where that is all it computes, for an input of this shape; else nil.
  func voxelSumFactor(_ input: Shape) -> Double? {
    guard input.rank == 5, axes == [2, 3, 4] else { return nil }
    switch kind {
    case .mean: return 1 / Double(input.voxels)
    case .sum: return 1
    default: return nil
    }
  }
}

extension Binary: RegionOperator, Rectifying {
  func regionWindow(_ inputs: [Shape]) -> Window? {
    guard inputs[0].rank == 5 else { return nil }
    if let constant {
      guard constant.tensor.shape.isConstantOverVoxels, Shape.broadcast(inputs[0], constant.tensor.shape) == inputs[0]
      else {
        return nil
      }
    } else if inputs[0] != inputs[1] {
      return nil
    }
    return .pointwise
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    try forward(inputs.map { $0.crop(to: boxes) }, rectified: rectified)
  }
}
