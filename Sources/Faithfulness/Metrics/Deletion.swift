public import PellucidAttribution
public import PellucidFaults

/// How fast the score falls when the most relevant features are filled first.
///
///     ∫ f(x with the first round(k·n/K) features filled) d(k/K)      trapezoids, k = 0…K
///
/// - Source: Samek et al. 2017, arXiv:1509.06321 (pixel flipping); Petsiuk et al. 2018, arXiv:1806.07421 (the area).
public enum Deletion: FaithfulnessMetric {
  /// Its name.
  public static let name = "deletion"
  /// What it asks.
  public static let summary = "area under the score while the most relevant features are filled first"
  /// Its paper.
  public static let paper = "Petsiuk et al. 2018, arXiv:1806.07421"
  /// A steep fall.
  public static let better = BetterScore.lower
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
      let order = Walk.mostRelevantFirst(map.means(probe.features))
      return try Walk.curve(Walk.filled(order, steps: probe.settings.steps), probe, progress)
    }
  }
}
