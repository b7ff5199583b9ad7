public import PellucidAttribution
public import PellucidFaults
internal import PellucidStatistics

/// Whether a map's sum over a set of features goes with the drop of the score when the set is filled.
///
///     mean over sizes n of Pearson over N random sets S of n features:  Σ_{v ∈ S} R_v  with  f(x) − f(x with S filled)
///
/// The sizes are twelve from 1 % to 80 % of the features, evenly spaced on a logarithmic scale.
/// - Source: Ancona et al. 2018, arXiv:1711.06104.
public enum SensitivityN: FaithfulnessMetric {
  /// Its name.
  public static let name = "sensitivity-n"
  /// What it asks.
  public static let summary =
    "correlation of relevance in random sets of features with the drop of the score without them"
  /// Its paper.
  public static let paper = "Ancona et al. 2018, arXiv:1711.06104"
  /// A correlation of 1.
  public static let better = BetterScore.higher
  /// Random sets of them.
  public static let usesFeatures = true
  /// Filled.
  public static let usesFill = true
  private static let usual = 100

  /// The same sets for all maps.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (0, sizes(of: features).count * (settings.samples ?? usual))
  }

  /// The sizes n, ascending, each once.
  package static func sizes(of features: Int) -> [Int] {
    var sizes: [Int] = []
    for place in 0..<12 {
      let share = 0.01 * Logarithm.power(80, Double(place) / 11)
      let size = max(1, min(features, Int((share * Double(features) + 0.5).rounded(.down))))
      if sizes.last != size { sizes.append(size) }
    }
    return sizes
  }

  /// Correlates map and drops, size by size.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let count = probe.features.count
    let sizes = sizes(of: count)
    let samples = probe.samples(usual)
    let random = RandomSets(seed: probe.settings.seed)
    @Sendable func set(_ place: Int, _ sample: Int) -> Coalition {
      var numbers = random.numbers(place, sample)
      return RandomSets.subset(sizes[place], of: count, &numbers)
    }
    let drops = try probe.once(name) { () throws(PellucidError) in
      let features = probe.features
      let all = try probe.scores(sizes.count * samples, progress: progress) {
        features.place(of: set($0 / samples, $0 % samples))
      }
      return sizes.indices.map { place in all[(place * samples)..<((place + 1) * samples)].map { probe.original - $0 } }
    }
    let sets = sizes.indices.lazy.map { place in (0..<samples).lazy.map { set(place, $0) } }
    return value(map.sums(probe.features), sizes.indices.map { place in sets[place].map { $0 } }, drops)
  }

  /// The mean correlation over the sizes.
  /// - Parameters:
  ///   - sums: ΣR of each feature.
  ///   - sets: by size, the sets.
  ///   - drops: by size, f(x) − f(x with the set filled).
  package static func value(_ sums: [Double], _ sets: [[Coalition]], _ drops: [[Double]]) -> FaithfulnessValue {
    let correlations = zip(sets, drops).map { sets, drops in
      let inside = sets.map { set in sums.indices.reduce(0.0) { set[$1] ? $0 + sums[$1] : $0 } }
      return Correlation.coefficient(inside, drops)
    }
    return FaithfulnessValue(meanOf: correlations, repetitions: drops.first?.count ?? 0)
  }
}
