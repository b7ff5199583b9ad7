// What becomes of a map's volumes along the fourth axis.
extension Volume {
  /// One channel: the sum of all, voxel by voxel.
  public func channelsSummed() -> Volume {
    guard channels > 1 else { return self }
    var out = channel(alone: 0)
    let count = shape.count
    for channel in 1..<channels {
      for voxel in 0..<count { out.voxels[voxel] += voxels[channel * count + voxel] }
    }
    return out
  }

  /// One channel by itself.
  public func channel(alone channel: Int) -> Volume {
    guard channels > 1 else { return self }
    let count = shape.count
    return Volume(
      shape: shape, voxels: Array(voxels[(channel * count)..<((channel + 1) * count)]), affine: affine, space: space,
      source: source, notes: notes)
  }

  /// A map that several channels share, once for each.
  public func repeated(overChannels count: Int) -> Volume {
    guard channels == 1, count > 1 else { return self }
    var copy = self
    copy.voxels = (0..<count).flatMap { _ in voxels }
    copy.channels = count
    return copy
  }
}
