internal import PellucidFaults
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidVolumes

/// Maps of one grid clustered by where relevance lies, and the mean map of each cluster.
struct MapClusters {
  /// The subjects, places among all, that have a map.
  let subjects: [Int]
  let clustering: SpectralClustering
  /// The mean map of each cluster.
  private(set) var means: [Volume] = []

  /// Reads maps twice: once small, to be compared, and once whole, to be averaged.
  ///
  /// - Parameters:
  ///   - cell: edges of the cells over which maps are averaged before they are compared, mm.
  ///   - count: how many clusters; nil: by the eigenvalues' gap.
  /// - Throws: `.badData` where maps lie on different grids, or there are fewer than four.
  init(
    _ stored: [(subject: Int, result: StoredResult)], cell: Double, count: Int?, seed: UInt64
  ) throws(PellucidError) {
    guard stored.count >= 4 else { throw .fewMaps(stored.count) }
    var rows: [[Float]] = []
    var first: Volume?
    for (_, result) in stored {
      let map = try Self.map(of: result)
      if let first {
        guard map.shape == first.shape,
          zip(map.affine.elements, first.affine.elements).allSatisfy({ abs($0 - $1) < 1e-3 })
        else { throw .otherGrid(result.recordPath, than: stored[0].result.recordPath) }
      }
      first = first ?? map
      rows.append(Self.small(map, cell: cell))
    }
    subjects = stored.map(\.subject)
    guard let first, let clustering = SpectralClustering(.init(rows), count: count, seed: seed) else {
      throw .fewMaps(stored.count)
    }
    self.clustering = clustering
    for cluster in 0..<clustering.count {
      var sums = [Double](repeating: 0, count: first.voxels.count)
      let own = stored.indices.filter { clustering.clusters[$0] == cluster }
      for place in own {
        let map = try Self.map(of: stored[place].result)
        for voxel in sums.indices { sums[voxel] += Double(map.voxels[voxel]) }
      }
      var mean = first
      mean.voxels = sums.map { Float($0 / Double(max(1, own.count))) }
      means.append(mean)
    }
  }

  private static func map(of result: StoredResult) throws(PellucidError) -> Volume {
    let volume = try result.volume()
    return volume.channels > 1 ? volume.channelsSummed() : volume
  }

  /// The map's means over cells of so many mm, divided by Σ|R| of them, so that how strong a map is does not count.
  static func small(_ map: Volume, cell: Double) -> [Float] {
    let extents = map.shape.extents
    let steps = zip(extents, map.affine.voxelSizes).map { extent, size in
      min(extent, max(1, Int((cell / size).rounded())))
    }
    let counts = zip(extents, steps).map { ($0 + $1 - 1) / $1 }
    var sums = [Double](repeating: 0, count: counts.reduce(1, *))
    var sizes = [Int](repeating: 0, count: sums.count)
    var voxel = 0
    for k in 0..<extents[2] {
      for j in 0..<extents[1] {
        let row = counts[0] * (j / steps[1] + counts[1] * (k / steps[2]))
        for i in 0..<extents[0] {
          sums[row + i / steps[0]] += Double(map.voxels[voxel])
          sizes[row + i / steps[0]] += 1
          voxel += 1
        }
      }
    }
    let means = zip(sums, sizes).map { $0 / Double($1) }
    let whole = means.reduce(0) { $0 + abs($1) }
    return means.map { Float(whole > 0 ? $0 / whole : 0) }
  }
}
