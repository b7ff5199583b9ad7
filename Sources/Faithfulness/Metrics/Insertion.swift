public import PellucidAttribution
public import PellucidFaults

/// How fast the score rises when the scan begins all filled and the most relevant features are put back first.
///
/// - Source: Petsiuk et al. 2018, arXiv:1806.07421.
public enum Insertion: FaithfulnessMetric {
  /// Its name.
  public static let name = "insertion"
  /// What it asks.
  public static let summary = "area under the score while the most relevant features are put back first"
  /// Its paper.
  public static let paper = "Petsiuk et al. 2018, arXiv:1806.07421"
  /// A steep rise.
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
    let curve = try map.curve(name) { () throws(PellucidError) in
      let order = Walk.mostRelevantFirst(map.means(probe.features))
      let sets = Walk.filled(order, steps: probe.settings.steps).map(\.complement)
      return try Walk.curve(sets, probe, progress)
    }
    return FaithfulnessValue(curve.area, curve: curve)
  }
}
