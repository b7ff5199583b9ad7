public import PellucidAttribution
public import PellucidFaults

/// A metric that walks from the scan on, feature by feature to the fill, and measures the area under the score: what differs is the order.
///
///     ∫ f(x with the first round(k·n/K) features filled) d(k/K)      trapezoids, k = 0…K
///
/// - Source: Samek et al. 2017, arXiv:1509.06321 (pixel flipping); Petsiuk et al. 2018, arXiv:1806.07421 (the area).
public protocol FillingMetric: FaithfulnessMetric {
  /// The features' places in the order in which they are filled.
  /// - Parameter means: the mean relevance of each feature.
  static func order(_ means: [Double]) -> [Int]
}

extension FillingMetric {
  /// Features in order.
  public static var usesFeatures: Bool { true }
  /// Filled.
  public static var usesFill: Bool { true }

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
      try Walk.curve(Walk.filled(order(map.means(probe.features)), steps: probe.settings.steps), probe, progress)
    }
  }
}
