public import PellucidAttribution
public import PellucidFaults

/// Symmetric relevance gain: what the map's order gains between its two ends.
///
///     srg = lerf − deletion
///
/// The fill's own effect on the score stands in both and cancels, so that rankings of methods depend less on it.
/// - Source: Blücher et al. 2024, arXiv:2401.06654.
public enum SymmetricGain: FaithfulnessMetric {
  /// Its name.
  public static let name = "srg"
  /// What it asks.
  public static let summary = "lerf less deletion; 0 for an order that knows nothing"
  /// Its paper.
  public static let paper = "Blücher et al. 2024, arXiv:2401.06654"
  /// A wide gap.
  public static let better = BetterScore.higher
  /// Features in order.
  public static let usesFeatures = true
  /// Filled.
  public static let usesFill = true

  /// Those of both curves.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (2 * (settings.steps - 1), 1)
  }

  /// Takes the difference of both areas.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let low = try Deletion.curve(map, probe, progress)
    return FaithfulnessValue(try LeastRelevantFirst.curve(map, probe, progress).area - low.area)
  }
}
