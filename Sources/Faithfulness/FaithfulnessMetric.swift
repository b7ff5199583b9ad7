public import PellucidAttribution
public import PellucidFaults

/// A number that says how well a map tells what the network does: one a file, one line in ``FaithfulnessCatalogue``.
public protocol FaithfulnessMetric: Sendable {
  /// What tables and the command line call it.
  static var name: String { get }
  /// One line on what it asks.
  static var summary: String { get }
  /// Where it was published.
  static var paper: String { get }
  /// Which way a better map lies.
  static var better: BetterScore { get }
  /// Whether it cuts the image into features.
  static var usesFeatures: Bool { get }
  /// Whether it fills voxels.
  static var usesFill: Bool { get }

  /// Passes of the network: for each map, and once a scan.
  static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int)

  /// How often each method is run again.
  static func runs(_ settings: FaithfulnessProbe.Settings) -> Int

  /// Measures a map.
  static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue
}

/// Which way a better map lies.
public enum BetterScore: String, Sendable {
  /// Higher values.
  case higher
  /// Lower values.
  case lower
  /// Nearer to 0.
  case zero
  /// Neither: it describes the map.
  case none
}

/// What a metric found.
public struct FaithfulnessValue: Sendable, Hashable {
  /// The number; nil where it is not defined.
  public var value: Double?
  /// The standard deviation of repetitions, with n − 1.
  public var deviation: Double?
  /// Repetitions: random sets, boxes or noises; 1 where nothing is random.
  public var repetitions = 1
  /// The curve walked, where there is one.
  public var curve: Curve?

  /// A value.
  public init(_ value: Double?, deviation: Double? = nil, repetitions: Int = 1, curve: Curve? = nil) {
    (self.value, self.deviation, self.repetitions, self.curve) = (value, deviation, repetitions, curve)
  }

  /// The mean of several numbers with their spread; those that are not defined are left out.
  init(meanOf values: [Double?], repetitions: Int) {
    let there = values.compactMap { $0 }
    let mean = there.isEmpty ? nil : there.reduce(0, +) / Double(there.count)
    self.init(mean, deviation: Self.deviation(there), repetitions: repetitions)
  }

  static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }
}

extension FaithfulnessMetric {
  /// Most metrics run no method again.
  public static func runs(_ settings: FaithfulnessProbe.Settings) -> Int { 0 }
  /// Most metrics have none.
  public static var usesFeatures: Bool { false }
  /// Most metrics fill nothing.
  public static var usesFill: Bool { false }
}

/// Every metric: one line each.
public enum FaithfulnessCatalogue {
  /// The metrics in the order of tables.
  public static let metrics: [any FaithfulnessMetric.Type] = [
    Deletion.self, Insertion.self, LeastRelevantFirst.self, SymmetricGain.self, SensitivityN.self, Infidelity.self,
    MaxSensitivity.self, Completeness.self, Sparseness.self, Complexity.self, EffectiveComplexity.self,
    Monotonicity.self,
  ]

  /// The metrics of a list of names, separated by commas, each once, in the order of the catalogue.
  /// - Throws: `.usage` with near misses for an unknown name.
  public static func metrics(named text: String) throws(PellucidError) -> [any FaithfulnessMetric.Type] {
    let names = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    for name in names where !metrics.contains(where: { $0.name == name }) {
      throw .unknownMetric(name, among: metrics.map { $0.name })
    }
    guard !names.isEmpty else { throw .unknownMetric("'\(text)'", among: metrics.map { $0.name }) }
    return metrics.filter { names.contains($0.name) }
  }

  /// Passes of the network for a scan: those of each metric for so many maps.
  /// - Returns: by metric; deletion and lerf, which srg reads too, stand where they are first asked for.
  public static func passes(
    of metrics: [any FaithfulnessMetric.Type], _ settings: FaithfulnessProbe.Settings, features: Int, maps: Int
  ) -> [(metric: String, passes: Int)] {
    let names = metrics.map { $0.name }
    return metrics.map { metric in
      let (each, shared) = metric.passes(settings, features: features)
      var own = each
      if metric.name == SymmetricGain.name {
        for part in [Deletion.name, LeastRelevantFirst.name] where names.contains(part) { own -= settings.steps - 1 }
      }
      return (metric.name, own * maps + shared)
    }
  }

  /// Refuses what would take more passes than a scan may cost.
  /// - Throws: `.usage` naming features that fit.
  public static func check(
    budget: Int, _ metrics: [any FaithfulnessMetric.Type], _ settings: FaithfulnessProbe.Settings, features: Int,
    maps: Int, extents: [Int]
  ) throws(PellucidError) {
    func total(_ count: Int) -> Int {
      passes(of: metrics, settings, features: count, maps: maps).reduce(0) { $0 + $1.passes }
    }
    let needed = total(features)
    guard needed > budget else { return }
    let fitting = (2...256).first { size in
      let cells = extents.map { ($0 + size - 1) / size }.reduce(1, *)
      return cells < features && total(cells) <= budget
    }
    let large = passes(of: metrics, settings, features: features, maps: maps).max { $0.passes < $1.passes }
    throw .overBudget(
      [large?.metric ?? ""], passes: needed, budget: budget, features: settings.features.name,
      fitting: fitting.map { "patch:\($0)" })
  }
}
