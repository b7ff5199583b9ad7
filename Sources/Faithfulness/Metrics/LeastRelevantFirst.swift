public import PellucidAttribution
public import PellucidFaults

/// How long the score stays when the least relevant features are filled first: deletion's curve from the other end.
///
/// - Source: Tomsett et al. 2020, arXiv:1912.01451; Blücher et al. 2024, arXiv:2401.06654.
public enum LeastRelevantFirst: FaithfulnessMetric {
  /// Its name.
  public static let name = "lerf"
  /// What it asks.
  public static let summary = "area under the score while the least relevant features are filled first"
  /// Its paper.
  public static let paper = "Blücher et al. 2024, arXiv:2401.06654"
  /// A score that stays.
  public static let better = BetterScore.higher
  /// Features in order.
  public static let usesFeatures = true
  /// Filled.
  public static let usesFill = true

  /// A pass a step; the scan as it is is known.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (settings.steps - 1, 1)
  }

  /// Walks the curve.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let curve = try curve(map, probe, progress)
    return FaithfulnessValue(curve.area, curve: curve)
  }

  static func curve(
    _ map: TestedMap, _ probe: FaithfulnessProbe, _ progress: any ProgressObserver
  ) throws(PellucidError) -> Curve {
    try map.curve(name) { () throws(PellucidError) in
      let order = Walk.leastRelevantFirst(map.means(probe.features))
      return try Walk.curve(Walk.filled(order, steps: probe.settings.steps), probe, progress)
    }
  }
}
