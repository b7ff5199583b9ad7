public import PellucidAttribution
public import PellucidFaults
internal import PellucidStatistics

/// Whether features of more relevance change the score more when they are filled by themselves.
///
///     Spearman over features of |mean R| with (f(x) − f(x with the feature filled))²
///
/// - Source: Nguyen & Martínez 2020, arXiv:2007.07584, whose estimate of a feature's effect this is for one fill.
public enum Monotonicity: FaithfulnessMetric {
  /// Its name.
  public static let name = "monotonicity"
  /// What it asks.
  public static let summary = "rank correlation of a feature's |mean relevance| with the change of the score without it"
  /// Its paper.
  public static let paper = "Nguyen & Martínez 2020, arXiv:2007.07584"
  /// A correlation of 1.
  public static let better = BetterScore.higher
  /// Each of them.
  public static let usesFeatures = true
  /// Filled.
  public static let usesFill = true

  /// A pass a feature, for all maps.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (0, features)
  }

  /// Correlates map and changes.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let drops = try probe.once(name) { () throws(PellucidError) in
      let features = probe.features
      return [try probe.scores(features.count, progress: progress) { features.place(of: $0) }]
    }[0].map { probe.original - $0 }
    return FaithfulnessValue(value(map.means(probe.features), drops))
  }

  /// The correlation of mean R and drops.
  package static func value(_ means: [Double], _ drops: [Double]) -> Double? {
    Correlation.rankCoefficient(means.map { abs($0) }, drops.map { $0 * $0 })
  }
}
