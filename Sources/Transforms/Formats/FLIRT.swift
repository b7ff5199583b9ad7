internal import PellucidVolumes

/// FSL's coordinates: mm from a corner voxel along the voxel axes, the first axis always running from right to left.
enum FLIRT {
  /// The world's map of a FLIRT matrix: from points of the moved image to points of the other, mm, RAS+.
  ///
  ///     W = A_ref · S_ref⁻¹ · F · S_in · A_in⁻¹      S: voxel indices → FSL's mm;  A: voxel indices → world
  static func worldAffine(_ matrix: Affine, from moved: Grid, to still: Grid) -> Affine {
    guard let movedBack = moved.affine.inverse, let stillBack = coordinates(of: still).inverse else {
      preconditionFailure("the affine of a volume can be inverted")
    }
    let toReference = matrix.composed(with: coordinates(of: moved).composed(with: movedBack))
    return still.affine.composed(with: stillBack.composed(with: toReference))
  }

  /// Voxel indices → FSL's mm: voxel sizes, and the first axis turned round where the axes are right-handed in the world
  /// ("neurological" storage, a positive determinant).
  private static func coordinates(of grid: Grid) -> Affine {
    let sizes = grid.affine.voxelSizes
    var out = Affine(elements: [sizes[0], 0, 0, 0, 0, sizes[1], 0, 0, 0, 0, sizes[2], 0])
    if grid.affine.determinant > 0 {
      out[0, 0] = -sizes[0]
      out[0, 3] = Double(grid.shape.i - 1) * sizes[0]
    }
    return out
  }
}
