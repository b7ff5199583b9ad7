internal import PellucidFaults
internal import PellucidVolumes

extension Volume {
  /// The volumes of one subject as the channels of one; the first one's affine, codes and name.
  /// - Throws: `.badData` naming the first file that lies on another grid than the first.
  static func joined(_ volumes: [Volume]) throws(PellucidError) -> Volume {
    guard var out = volumes.first else { throw .noScan() }
    guard volumes.count > 1 else { return out }
    // A hundredth of a voxel: what headers of different tools differ by for one and the same grid.
    let allowed = 0.01 * (out.affine.voxelSizes.min() ?? 1)
    for volume in volumes.dropFirst() {
      guard volume.shape == out.shape else { throw .unlikeShapes(volume, first: out) }
      let apart = volume.affine.greatestDistance(to: out.affine, over: out.shape)
      guard apart <= allowed else { throw .unlikeAffines(volume, first: out, apart: apart) }
    }
    out.voxels.reserveCapacity(volumes.reduce(0) { $0 + $1.voxels.count })
    for volume in volumes.dropFirst() { out.voxels += volume.voxels }
    out.channels = volumes.reduce(0) { $0 + $1.channels }
    return out
  }
}
