public import PellucidAttribution
public import PellucidFaults

/// Over how many voxels the relevance is spread: the entropy of its shares.
///
///     −Σ p·ln p,  p = |R| / Σ|R|
///
/// - Source: Bhatt et al. 2020, arXiv:2005.00631.
public enum Complexity: FaithfulnessMetric {
  /// Its name.
  public static let name = "complexity"
  /// What it asks.
  public static let summary = "entropy of the voxels' shares of |relevance|, nats"
  /// Its paper.
  public static let paper = "Bhatt et al. 2020, arXiv:2005.00631"
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

  /// The entropy; nil for a map of zeros.
  package static func value(_ map: [Float]) -> Double? {
    let sum = map.reduce(0.0) { $0 + Double(abs($1)) }
    guard sum > 0 else { return nil }
    return map.reduce(0.0) { total, value in
      let share = Double(abs(value)) / sum
      return share > 0 ? total - share * Logarithm.natural(share) : total
    }
  }
}
