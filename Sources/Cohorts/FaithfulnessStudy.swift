public import PellucidAttribution
internal import PellucidEvaluation
public import PellucidExplaining
public import PellucidFaithfulness
public import PellucidFaults
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes

/// How faithful maps are to the network that they explain, scan by scan.
public struct FaithfulnessStudy: Sendable {
  /// What is measured, and how.
  public struct Options: Sendable {
    /// Which numbers.
    public var metrics: [any FaithfulnessMetric.Type] = FaithfulnessCatalogue.metrics
    /// How they ask.
    public var probe = FaithfulnessProbe.Settings()
    /// The scale of f; values without probabilities are taken as they are.
    public var score = ScoreKind.probability
    /// The most passes of the network that a scan may cost.
    public var budget = 100_000

    /// The defaults.
    public init() {}
  }

  /// A number of a map.
  public struct Row: Sendable {
    /// The scan as it was named, or ``FaithfulnessStudy/mean``.
    public var image: String
    /// The method or the map's name.
    public var method: String
    /// What is explained.
    public var target: String
    /// The metric.
    public var metric: String
    /// The features, where the metric has any.
    public var features: String?
    /// The fill, where the metric fills.
    public var fill: String?
    /// The number.
    public var value: Double?
    /// Its spread over repetitions, of a mean over scans.
    public var deviation: Double?
    /// Repetitions, of a mean scans.
    public var count: Int
    /// Seconds; scores that maps share count to the first that asked.
    public var seconds: Double
    /// f along the steps, where the metric walks a curve.
    public var curve: [Double] = []
  }

  /// What is known after a study.
  public struct Results: Sendable {
    /// Scan by scan, then map by map; at the end the means.
    public var rows: [Row] = []
    /// What was decided on the way, each with its file.
    public var notes: [Note] = []
    /// Passes of the network, and seconds of all.
    public var passes = 0

    fileprivate static func joined(_ parts: [Self]) -> Self {
      Self(
        rows: parts.flatMap(\.rows), notes: parts.flatMap(\.notes), passes: parts.reduce(0) { $0 + $1.passes })
    }
  }

  /// What a scan is going to cost.
  public struct Cost: Sendable {
    /// The scan.
    public var image: String
    /// Passes by metric.
    public var passes: [(metric: String, passes: Int)]
    /// How often each method is run again, by metric.
    public var runs: [(metric: String, runs: Int)]
    /// How many features there are.
    public var features: Int
    /// Seconds of a pass in full.
    public var secondsOfPass: Double
    /// Passes of all metrics.
    public var total: Int { passes.reduce(0) { $0 + $1.passes } }
  }

  /// The name under which means over scans stand.
  public static let mean = "mean"

  /// Explains; its options say target, atlas, and the scale of the methods.
  public let explainer: Explainer
  /// The scans.
  public let scans: [ScanReference]
  /// Our methods.
  public let variants: [MethodVariant]
  /// Anybody's maps.
  public let maps: [MapReference]
  /// What is measured.
  public let options: Options

  /// A study.
  public init(
    _ explainer: Explainer, scans: [ScanReference], variants: [MethodVariant], maps: [MapReference],
    options: Options = Options()
  ) {
    (self.explainer, self.scans, self.variants, self.maps) = (explainer, scans, variants, maps)
    self.options = options
  }

  /// Measures all maps of all scans.
  ///
  /// - Parameters:
  ///   - jobs: how many scans at once.
  ///   - told: what a scan costs, before it is asked for.
  ///   - progress: told before each piece of work what it is; returns who hears of its own progress.
  /// - Throws: `.usage` where a scan costs more than the budget; what methods and maps throw.
  public func run(
    jobs: StudyJobs = StudyJobs(), told: @Sendable (Cost) -> Void,
    progress: @Sendable (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    let parts = try scans.run(jobs, for: explainer) { (number, scan) throws(PellucidError) in
      let reference = scans[number]
      let subject = try explainer.prepare(scan)
      var results = Results(notes: subject.notes.map { $0.of(reference.text) })
      let title = scans.count > 1 ? "\(number + 1)/\(scans.count) \(reference.stem)" : reference.stem
      do throws(PellucidError) {
        try measure(subject, reference, into: &results, told: told) { progress("\(title) \($0)") }
      } catch {
        throw error.kind == .usage ? error : error.located(in: reference.text)
      }
      return results
    }
    var results = Results.joined(parts)
    results.rows += means(of: results.rows)
    return results
  }

  private func measure(
    _ subject: Explainer.Case, _ reference: ScanReference, into results: inout Results, told: (Cost) -> Void,
    progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) {
    let question = try explainer.question(for: subject)
    let score = explainer.score(of: question, on: options.score)
    let asked = try explainer.subject(of: subject)
    let probe = try FaithfulnessProbe(asked, score, settings: options.probe)
    let count = variants.count + maps.count
    try FaithfulnessCatalogue.check(
      budget: options.budget, options.metrics, options.probe, features: probe.featureCount, maps: count,
      extents: asked.image.shape.spatial)
    told(
      Cost(
        image: reference.text,
        passes: FaithfulnessCatalogue.passes(
          of: options.metrics, options.probe, features: probe.featureCount, maps: count),
        runs: options.metrics.map { ($0.name, $0.runs(options.probe)) }, features: probe.featureCount,
        secondsOfPass: probe.secondsOfPass))
    results.notes += try doubts(of: probe).map { $0.of(reference.text) }
    for map in maps {
      let (placed, notes) = try map.placed(on: subject, nan: explainer.options.nan)
      results.notes += notes
      try measure(TestedMap(map.name, placed, from: .file), by: probe, reference, into: &results, progress)
    }
    for variant in variants {
      let method = try variant.make()
      let (relevance, kind) = try explainer.relevance(
        of: subject, question, by: method, progress: progress(variant.name))
      let map = TestedMap(
        variant.name, relevance.map,
        from: .method(variant.method, relevance, kind) { (image) throws(PellucidError) in
          try explainer.relevance(of: subject, question, by: method, image: image).map
        })
      try measure(map, by: probe, reference, into: &results, progress)
    }
    results.passes += probe.passes
  }

  private func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, _ reference: ScanReference, into results: inout Results,
    _ progress: (_ title: String) -> any ProgressObserver
  ) throws(PellucidError) {
    if map.isConstant {
      results.notes.append(
        Note(
          what: "the map \(map.name) is \(map.values.first ?? 0) everywhere",
          how: "its features are taken in their own order, and correlations with it are not defined", weight: .warning
        ).of(reference.text))
    }
    for metric in options.metrics {
      let begin = ContinuousClock.now
      let found = try metric.measure(map, by: probe, progress: progress("\(map.name) \(metric.name)"))
      results.rows.append(
        Row(
          image: reference.text, method: map.name, target: probe.score.target.name, metric: metric.name,
          features: metric.usesFeatures ? options.probe.features.name : nil,
          fill: metric.usesFill ? options.probe.fill.name : nil, value: found.value, deviation: found.deviation,
          count: found.repetitions, seconds: (ContinuousClock.now - begin) / .seconds(1),
          curve: found.curve?.scores ?? []))
    }
  }

  /// What makes the numbers say less than they seem to.
  private func doubts(of probe: FaithfulnessProbe) throws(PellucidError) -> [Note] {
    var notes: [Note] = []
    let steps = options.probe.steps
    if options.metrics.contains(where: { $0.name == Deletion.name || $0.name == Insertion.name }),
      probe.featureCount < steps
    {
      notes.append(
        Note(
          what: "\(steps) steps are more than the \(probe.featureCount) features", how: "some steps change nothing",
          weight: .told))
    }
    if options.metrics.contains(where: { $0.usesFill }), try probe.isUnmoved {
      notes.append(
        Note(
          what: "the network's score is \(probe.original) with the scan and with all of it filled",
          how:
            "curves and correlations say nothing; take another `fill`, or look whether the network depends on its input",
          weight: .warning))
    }
    return notes
  }

  /// The mean of each number over the scans.
  private func means(of rows: [Row]) -> [Row] {
    var keys: [[String]] = []
    var groups: [[String]: [Row]] = [:]
    for row in rows {
      let key = [row.method, row.metric]
      if groups[key] == nil { keys.append(key) }
      groups[key, default: []].append(row)
    }
    return keys.compactMap { key in
      guard let own = groups[key], var mean = own.first else { return nil }
      let spread = Spread(own.map(\.value))
      let targets = Set(own.map(\.target))
      mean.image = Self.mean
      if targets.count > 1 { mean.target = targets.sorted().joined(separator: ";") }
      (mean.value, mean.deviation, mean.count) = (spread.mean, spread.sampleDeviation, spread.count)
      mean.seconds = own.reduce(0) { $0 + $1.seconds } / Double(own.count)
      let curves = own.map(\.curve)
      mean.curve = (0..<(curves.first?.count ?? 0)).map { step in
        curves.reduce(0) { $0 + $1[step] } / Double(curves.count)
      }
      return mean
    }
  }
}
