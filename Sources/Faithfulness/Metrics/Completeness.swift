public import PellucidAttribution
public import PellucidFaults
internal import PellucidTensors

/// Whether the map's sum is the score that it is said to share out.
///
///     (ΣR − (f(x) − f(x₀))) / |f(x) − f(x₀)|      x₀: the method's baseline, or the scan all filled
///     (ΣR − f(x)) / |f(x)|                         for relevance propagation
///
/// f is on the scale on which the map was made. Not defined for maps whose values do not add up.
/// - Source: Sundararajan et al. 2017, arXiv:1703.01365 (completeness); Bach et al. 2015 (conservation).
public enum Completeness: FaithfulnessMetric {
  /// Its name.
  public static let name = "completeness"
  /// What it asks.
  public static let summary = "by which part the map's sum misses the score that it shares out"
  /// Its paper.
  public static let paper = "Sundararajan et al. 2017, arXiv:1703.01365"
  /// A sum that is complete.
  public static let better = BetterScore.zero
  /// What baselines fall back to.
  public static let usesFill = true

  /// The scan and its baseline.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (2, 0)
  }

  /// Compares sum and difference.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let sum = map.map.sum
    switch map.origin {
    case .file:
      return FaithfulnessValue(residual(sum, of: probe.original - (try filled(probe.score, probe))))
    case .method(let method, let relevance, let kind, _):
      guard relevance.measure == .extensive else { return FaithfulnessValue(nil) }
      let score = probe.score.on(kind)
      let own = try score.scores(ofImages: probe.subject.image)[0]
      if method == RelevancePropagation.self { return FaithfulnessValue(residual(sum, of: own)) }
      let baseline =
        if let known = relevance.scoreOfBaseline { known } else { try filled(score, probe) }
      return FaithfulnessValue(residual(sum, of: own - baseline))
    }
  }

  private static func filled(_ score: ScoreFunction, _ probe: FaithfulnessProbe) throws(PellucidError) -> Double {
    try score.scores(ofImages: probe.filling.filledImage())[0]
  }

  /// By which part a sum misses what it should be.
  package static func residual(_ sum: Double, of whole: Double) -> Double? {
    whole == 0 ? nil : (sum - whole) / abs(whole)
  }
}

extension Relevance {
  /// The score of what the method compared the scan with; nil where it compared with nothing.
  fileprivate var scoreOfBaseline: Double? {
    for fact in facts where ["score_of_baseline", "mean_score_of_baselines", "score_of_none"].contains(fact.name) {
      if case .number(let score) = fact.value { return score }
    }
    return nil
  }
}
