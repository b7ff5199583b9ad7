/// A linear model fitted at every voxel of many subjects' maps, and fitted again to shuffled residuals (Freedman and Lane 1983).
///
/// t is that of the design's last column, as in nilearn's `permuted_ols`; for pairs, that of the mean difference under changed signs.
public struct VoxelModel: Sendable {
  /// Voxels.
  public let count: Int
  /// What the model without the last column leaves, a list of voxels a subject.
  private let residuals: [[Float]]
  /// Σ of their squares at each voxel, which no shuffle changes.
  private let squares: [Double]
  /// Orthonormal columns: those without the last, and what is left of the last.
  private let basis: [[Double]]
  private let degreesOfFreedom: Double
  private let isPaired: Bool

  /// - Parameters:
  ///   - maps: a list of voxels a subject.
  ///   - isA: whether a subject is of the first group.
  ///   - covariates: a column each.
  /// - Returns: nil where a group has fewer than two, or columns depend on one another.
  public init?(_ maps: [[Float]], isA: [Bool], covariates: [[Double]]) {
    guard isA.count(where: { $0 }) > 1, isA.count(where: { !$0 }) > 1 else { return nil }
    let constant = [Double](repeating: 1, count: maps.count)
    let centred = covariates.map { column in
      let mean = Sample(column).mean ?? 0
      return column.map { $0 - mean }
    }
    guard let full = LinearModel([constant] + centred + [isA.map { $0 ? 1 : 0 }]) else { return nil }
    self.init(maps, full, leaving: full.columns.count - 1, isPaired: false)
  }

  /// Pairs, by their differences, a list of voxels each.
  public init?(pairs differences: [[Float]]) {
    guard let full = LinearModel([[Double](repeating: 1, count: differences.count)]) else { return nil }
    self.init(differences, full, leaving: 0, isPaired: true)
  }

  private init(_ maps: [[Float]], _ full: LinearModel, leaving nuisance: Int, isPaired: Bool) {
    count = maps.first?.count ?? 0
    basis = full.orthonormal
    degreesOfFreedom = Double(full.degreesOfFreedom)
    self.isPaired = isPaired
    var left = maps
    for direction in full.orthonormal.prefix(nuisance) {
      let parts = Self.weighted(left, direction, count)
      for (subject, weight) in direction.enumerated() {
        for voxel in 0..<count { left[subject][voxel] -= Float(weight * parts[voxel]) }
      }
    }
    var squares = [Double](repeating: 0, count: count)
    for subject in left.indices {
      for voxel in 0..<count { squares[voxel] += Double(left[subject][voxel]) * Double(left[subject][voxel]) }
    }
    (residuals, self.squares) = (left, squares)
  }

  /// t at every voxel, 0 where nothing varies.
  /// - Parameter shuffle: nil: as the subjects are.
  public func t(_ shuffle: Shuffle? = nil) -> [Double] {
    var rest = squares
    var last = [Double](repeating: 0, count: count)
    for direction in basis {
      var weights = direction
      if let shuffle, isPaired {
        weights = zip(direction, shuffle.signs).map { $0 * $1 }
      } else if let shuffle {
        // Subject n gets the residual of order[n].
        for (subject, source) in shuffle.order.enumerated() { weights[source] = direction[subject] }
      }
      last = Self.weighted(residuals, weights, count)
      for voxel in 0..<count { rest[voxel] -= last[voxel] * last[voxel] }
    }
    for voxel in 0..<count {
      let variance = rest[voxel] / degreesOfFreedom
      last[voxel] = squares[voxel] > 0 && variance > 1e-12 * squares[voxel] ? last[voxel] / variance.squareRoot() : 0
    }
    return last
  }

  private static func weighted(_ maps: [[Float]], _ weights: [Double], _ count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    for (map, weight) in zip(maps, weights) {
      for voxel in 0..<count { sums[voxel] += weight * Double(map[voxel]) }
    }
    return sums
  }
}

extension LinearModel {
  /// Orthonormal columns that span those of the design up to each.
  var orthonormal: [[Double]] { basis }
}
