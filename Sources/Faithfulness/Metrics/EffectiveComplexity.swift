public import PellucidAttribution
public import PellucidFaults

/// How much of the map is not nothing.
///
///     the part of voxels with |R| > 1e-5 · max|R|
///
/// - Source: Nguyen & Martínez 2020, arXiv:2007.07584, with the threshold on the map itself, as Quantus has it.
public enum EffectiveComplexity: FaithfulnessMetric {
  /// Its name.
  public static let name = "effective-complexity"
  /// What it asks.
  public static let summary = "part of the voxels with |relevance| above 1e-5 of the largest"
  /// Its paper.
  public static let paper = "Nguyen & Martínez 2020, arXiv:2007.07584"
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

  /// The part, 0…1.
  package static func value(_ map: [Float]) -> Double {
    let least = 1e-5 * Double(map.reduce(0) { max($0, abs($1)) })
    return Double(map.count { Double(abs($0)) > least }) / Double(max(1, map.count))
  }
}
