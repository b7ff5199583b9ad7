internal import PellucidStatistics

/// How alike two maps on one grid are.
public struct MapSimilarity: Sendable, Hashable {
  /// Spearman's correlation of |R| over the voxels; nil where a map is constant.
  public var spearman: Double?
  /// Mean structural similarity of |R| / max|R| (``StructuralSimilarity``); nil where a map is 0 or an axis has fewer than 7 voxels.
  public var structure: Double?
  /// Pearson's correlation of R; nil where a map is constant.
  public var pearson: Double?

  /// Compares two maps, row-major D, H, W, channels added up.
  public init(_ a: RankedMap, _ b: RankedMap) {
    precondition(a.values.count == b.values.count && a.spatial == b.spatial, "maps of one grid are compared")
    spearman = a.spearman(with: b)
    structure = StructuralSimilarity.mean(a.shares, b.shares, spatial: a.spatial)
    pearson = Correlation.coefficient(a.values.map(Double.init), b.values.map(Double.init))
  }
}

/// A map with what comparisons ask of it, so that one map is ranked once.
public struct RankedMap: Sendable {
  /// The values, row-major D, H, W.
  package let values: [Float]
  package let spatial: [Int]
  /// The ranks of |R|, ties sharing the middle of theirs.
  package let ranks: [Double]

  /// A map, row-major D, H, W.
  public init(_ values: [Float], spatial: [Int]) {
    precondition(values.count == spatial.reduce(1, *) && values.count <= Int(UInt32.max), "a value a voxel")
    (self.values, self.spatial) = (values, spatial)
    // Sizes of floats sort as their bits do; the voxel stands in the lower half of the key.
    var keys = values.indices.map { UInt64(abs(values[$0]).bitPattern) << 32 | UInt64($0) }
    keys.sort()
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < keys.count {
      var last = first
      while last + 1 < keys.count, keys[last + 1] >> 32 == keys[first] >> 32 { last += 1 }
      for place in first...last { ranks[Int(keys[place] & 0xFFFF_FFFF)] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    self.ranks = ranks
  }

  /// Spearman's correlation of |R| with another map's; nil where one is constant.
  public func spearman(with other: RankedMap) -> Double? { Correlation.coefficient(ranks, other.ranks) }

  /// |R| / max|R|; nil for a map of zeros.
  var shares: [Float]? {
    let largest = values.reduce(0) { max($0, abs($1)) }
    return largest > 0 ? values.map { abs($0) / largest } : nil
  }

  /// Whether it is 0 everywhere.
  public var isZero: Bool { !values.contains { $0 != 0 } }
}

/// The mean structural similarity in three dimensions, in windows of 7³ voxels, for values from 0 to 1.
///
/// - Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861, as scikit-image's `structural_similarity` computes it (`win_size=7`,
///   `data_range=1`, sample covariances, without the border of 3 voxels).
/// - Accuracy: tested to 1e-5 of scikit-image's.
package enum StructuralSimilarity {
  package static func mean(_ a: [Float]?, _ b: [Float]?, spatial: [Int]) -> Double? {
    guard let a, let b, spatial.allSatisfy({ $0 >= 7 }) else { return nil }
    let (x, y) = (a.map(Double.init), b.map(Double.init))
    func windows(_ values: [Double]) -> [Double] { windowMeans(values, spatial) }
    let (meanX, meanY) = (windows(x), windows(y))
    let (xx, yy) = (windows(x.map { $0 * $0 }), windows(y.map { $0 * $0 }))
    let xy = windows(zip(x, y).map { $0 * $1 })
    let sample = 343.0 / 342
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    var sum = 0.0
    for place in meanX.indices {
      let (ux, uy) = (meanX[place], meanY[place])
      let vx = sample * (xx[place] - ux * ux)
      let vy = sample * (yy[place] - uy * uy)
      let vxy = sample * (xy[place] - ux * uy)
      sum += (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux * ux + uy * uy + c1) * (vx + vy + c2))
    }
    return sum / Double(meanX.count)
  }

  /// The means over the windows of 7³ that lie inside the grid.
  private static func windowMeans(_ values: [Double], _ spatial: [Int]) -> [Double] {
    var values = values
    var extents = spatial
    for axis in 0..<3 {
      let inner = extents[(axis + 1)...].reduce(1, *)
      let outer = extents[..<axis].reduce(1, *)
      let (length, short) = (extents[axis], extents[axis] - 6)
      var out = [Double](repeating: 0, count: outer * short * inner)
      for block in 0..<outer {
        for place in 0..<short {
          let to = (block * short + place) * inner
          for step in 0..<7 {
            let from = (block * length + place + step) * inner
            for n in 0..<inner { out[to + n] += values[from + n] }
          }
          for n in 0..<inner { out[to + n] /= 7 }
        }
      }
      values = out
      extents[axis] = short
    }
    return values
  }
}
