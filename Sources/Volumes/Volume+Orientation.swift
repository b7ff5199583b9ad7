public import PellucidFaults

extension Volume {
  /// Where the voxel axes point, as nibabel's `aff2axcodes` says it.
  public var axisCodes: AxisCodes { AxisCodes(affine) }

  /// The volume with its axes permuted and flipped to these codes (`"RAS"`); every voxel stays where it is in the world.
  /// - Throws: `.usage` for codes that name no orientation.
  public func reoriented(to codes: String) throws(PellucidError) -> Volume {
    reoriented(by: AxisPermutation(from: axisCodes, to: try AxisCodes(codes)))
  }

  /// The volume with its axes permuted and flipped; `permutation.inverse` brings it back, bit for bit.
  public func reoriented(by permutation: AxisPermutation) -> Volume {
    guard !permutation.isIdentity else { return self }
    var out = self
    out.shape = permutation.shape(of: shape)
    out.voxels = permutation.apply(to: voxels, shape: shape)
    out.affine = permutation.affine(of: affine, shape: shape)
    out.space.qformAffine = space.qformAffine.map { permutation.affine(of: $0, shape: shape) }
    return out
  }
}
