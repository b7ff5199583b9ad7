public import PellucidFaults
public import PellucidVolumes

extension Volume {
  /// This map minus another of the same world, on this one's grid.
  ///
  /// The other is interpolated (trilinear); where it has no voxels the difference has none either (NaN).
  /// - Throws: `.badData` where an affine is singular or the maps lie apart, `.usage` where the channel does not exist.
  public func difference(from other: Volume, channel: Int = 0) throws(PellucidError) -> Volume {
    for map in [self, other] {
      guard map.affine.inverse != nil else { throw .singularAffine(map.source, "map") }
      guard (0..<map.channels).contains(channel) else { throw .noSuchChannel(channel, of: map.channels, map.source) }
    }
    var (mine, theirs) = (single(channel), other.single(channel))
    if other.shape != shape || other.affine != affine {
      theirs = theirs.resampled(onto: shape, affine: affine, interpolation: .linear, outside: .nan)
      guard theirs.voxels.contains(where: \.isFinite) else { throw .mapsApart(source, other.source) }
    }
    for index in mine.voxels.indices { mine.voxels[index] -= theirs.voxels[index] }
    return mine
  }

  /// One channel as a volume of its own.
  private func single(_ channel: Int) -> Volume {
    guard channels > 1 else { return self }
    return Volume(
      shape: shape, voxels: Array(voxels[(channel * shape.count)..<((channel + 1) * shape.count)]), affine: affine,
      space: space, source: source, notes: notes)
  }
}
