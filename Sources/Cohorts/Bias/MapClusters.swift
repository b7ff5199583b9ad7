internal import PellucidFaults
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidVolumes

/// Maps clustered by where relevance lies, on their own grid or in MNI space, and the mean map of each cluster.
struct MapClusters {
  /// The subjects, places among all, that have a map.
  let subjects: [Int]
  let clustering: SpectralClustering
  /// The mean map of each cluster.
  private(set) var means: [Volume] = []
  /// Where they are compared.
  let grid: CommonGrid

  /// Reads maps twice: once small, to be compared, and once whole, to be averaged.
  ///
  /// - Parameters:
  ///   - cell: edges of the cells over which maps are averaged before they are compared, mm.
  ///   - count: how many clusters; nil: by the eigenvalues' gap.
  /// - Throws: `.badData` where there are fewer than four, or nothing says where a map of another grid lies.
  init(
    _ stored: [(subject: Int, result: StoredResult)], of method: String, cell: Double, count: Int?, seed: UInt64
  ) throws(PellucidError) {
    guard stored.count >= 4 else { throw .fewMaps(stored.count) }
    grid = try CommonGrid(stored.map(\.result), of: method)
    var rows: [[Float]] = []
    for place in stored.indices { rows.append(Self.small(try grid.map(place), cell: cell)) }
    subjects = stored.map(\.subject)
    guard let clustering = SpectralClustering(.init(rows), count: count, seed: seed) else {
      throw .fewMaps(stored.count)
    }
    self.clustering = clustering
    for cluster in 0..<clustering.count {
      let own = stored.indices.filter { clustering.clusters[$0] == cluster }
      var mean = try grid.map(own.first ?? 0)
      var sums = [Double](repeating: 0, count: mean.voxels.count)
      for place in own {
        let map = try grid.map(place)
        for voxel in sums.indices { sums[voxel] += Double(map.voxels[voxel]) }
      }
      mean.voxels = sums.map { Float($0 / Double(max(1, own.count))) }
      means.append(mean)
    }
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
