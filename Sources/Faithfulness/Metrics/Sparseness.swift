public import PellucidAttribution
public import PellucidFaults

/// How few voxels hold the relevance: the Gini index of |R|.
///
///     Σ_i (2i − n − 1)·|R|_(i) / (n·Σ|R|)      |R| ascending, i = 1…n
///
/// - Source: Chalasani et al. 2020, arXiv:1810.06583.
public enum Sparseness: FaithfulnessMetric {
  /// Its name.
  public static let name = "sparseness"
  /// What it asks.
  public static let summary = "Gini index of |relevance|: 0 for an even map, 1 for a single voxel"
  /// Its paper.
  public static let paper = "Chalasani et al. 2020, arXiv:1810.06583"
  /// It describes the map.
  public static let better = BetterScore.none

  /// None.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (0, 0)
  }

  /// Measures the map.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue { FaithfulnessValue(value(map.values)) }

  /// The index; nil for a map of zeros.
  package static func value(_ map: [Float]) -> Double? {
    let sizes = map.map { abs($0) }.sorted()
    var (sum, weighted) = (0.0, 0.0)
    for (place, size) in sizes.enumerated() {
      sum += Double(size)
      weighted += Double(2 * (place + 1) - sizes.count - 1) * Double(size)
    }
    return sum > 0 ? weighted / (Double(sizes.count) * sum) : nil
  }
}
