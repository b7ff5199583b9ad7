internal import PellucidModelCards
public import PellucidTensors
public import PellucidVolumes

// Where the tensor's voxels lie in the world, and volumes as tensors.
extension GridPath {
  /// Indices along the tensor's D, H, W → world, mm, RAS+.
  public var tensorAffine: Affine {
    var affine = modelGrid.affine
    for (axis, voxelAxis) in tensorAxes.voxelAxes.enumerated() {
      for row in 0..<3 { affine[row, axis] = modelGrid.affine[row, voxelAxis] }
    }
    return affine
  }

  /// The part of the tensor, along D, H, W, that holds voxels of the scan; the rest is padding.
  public var tensorFilled: [Range<Int>] { tensorAxes.voxelAxes.map { [filled.i, filled.j, filled.k][$0] } }

  /// A volume on the model's grid as a tensor, `[1, C, D, H, W]`, row-major.
  /// - Precondition: it has the extents of ``modelGrid``.
  public func tensor(of volume: Volume) -> Tensor {
    let shape = modelGrid.shape
    precondition(volume.shape == shape, "the volume does not fill the model's grid")
    let source = Tensor(volume.voxels, shape: Shape([volume.channels, shape.k, shape.j, shape.i]))
    let strides = [1, shape.i, shape.i * shape.j]
    let extents = tensorExtents
    var tensor = Tensor(
      repeating: 0, shape: Shape(n: 1, c: volume.channels, d: extents[0], h: extents[1], w: extents[2]),
      order: .rowMajor)
    tensor.copy(
      from: source, sourceStrides: [shape.count] + tensorAxes.voxelAxes.map { strides[$0] },
      targetStrides: Array(tensor.shape.strides(in: .rowMajor).dropFirst()), extents: [volume.channels] + extents)
    return tensor
  }
}
