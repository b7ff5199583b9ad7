internal import PellucidAtlases
public import PellucidAttribution
public import PellucidEvaluation
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidResults
internal import PellucidVolumes
internal import Synchronization

/// How well methods find what was truly changed in the scans of a cohort.
public struct TruthStudy: Sendable {
  /// A method's numbers for a subject.
  public struct Row: Sendable {
    /// The subject's name.
    public var subject: String
    /// The method as it was named, or ``TruthStudy/chance``.
    public var method: String
    /// What was explained.
    public var target: String
    /// The probability of that, or the score where there are no probabilities.
    public var answer: Double
    /// The same for the scan before it was changed; nil where that is not known.
    public var answerBefore: Double?
    /// Voxels that were changed.
    public var changedVoxels: Int
    /// The part of the scan's grid that they fill.
    public var changedShare: Double
    /// The numbers.
    public var scores: TruthScores
    /// Seconds in the method alone; nil for chance.
    public var seconds: Double?
  }

  /// What is known after a study.
  public struct Results: Sendable {
    /// Chance and every method, subject by subject.
    public var rows: [Row]
    /// Methods that do not fit model or call, and why; only where the methods were not named.
    public var leftOut: [(method: String, why: String)]
    /// What was mended or decided while images were read, each with its file.
    public var notes: [Note] = []
    /// By a method's name as it was written: the record of its first map, which says what was in force.
    public var records: [String: ResultRecord] = [:]
  }

  /// The name under which the map that knows nothing stands: 1 wherever the scan is not 0; all regions are alike to it.
  public static let chance = "chance"

  /// Explains the scans; its atlas is the one that subjects without labels of their own meet.
  public let explainer: Explainer
  /// The scans.
  public let cohort: TruthCohort
  /// What is evaluated.
  public let variants: [MethodVariant]
  /// Whether a method that does not fit is left out instead of ending the study.
  public let leavesOut: Bool

  /// A study of methods.
  ///
  /// - Parameters:
  ///   - explainer: with a target, as the class that the changes make; maps are laid on the scan's grid, their channels added up.
  ///   - variants: the methods; nil: all of the catalogue, without those that do not fit.
  ///   - shared: option values for all of the catalogue's methods, where variants are not named.
  public init(
    _ explainer: Explainer, cohort: TruthCohort, variants: [MethodVariant]? = nil, shared: OptionValues = OptionValues()
  ) {
    var options = explainer.options
    options.space = .scan
    options.channels = .sum
    self.explainer = Explainer(explainer.classifier, options: options)
    self.cohort = cohort
    self.variants = variants ?? MethodCatalogue.methods.map { MethodVariant($0, values: shared) }
    leavesOut = variants == nil
  }

  /// What is known of a subject beside its scan.
  private struct Truth {
    /// With the subject's own labels, where it has some.
    var explainer: Explainer
    var mask: TruthMask
    var changed: Set<Int32>
    var notes: [Note]
    /// What it holds in memory, about.
    var bytes: Int
  }

  /// A subject, read.
  private struct Loaded {
    var subject: Explainer.Case
    var truth: Truth
    var question: Question
    var answer: Double
    var notes: [Note]
  }

  /// What is known after a look at every scan.
  private struct Checked {
    var scans: ScanShelf
    /// As far as they are kept.
    var truths: [Int: Truth] = [:]
    /// By place, where the scan before the change is known.
    var moves: [Int: ScoreMove] = [:]
  }

  /// A subject's part of the results.
  private struct Part: Sendable {
    var rows: [Row] = []
    var notes: [Note] = []
    var records: [String: ResultRecord] = [:]
    var leftOut: [(method: String, why: String)] = []
  }

  /// Reads every scan, mask and label image, so that a bad one is found before the work begins.
  private func checked() throws(PellucidError) -> Checked {
    var truths: [Int: Truth] = [:]
    var moves: [Int: ScoreMove] = [:]
    var left = Engine.memoryLimit / 4
    let shelf = try ScanShelf(cohort.subjects.map(\.scan), for: explainer) { (place, scan) throws(PellucidError) in
      let subject = cohort.subjects[place]
      let truth = try truth(of: subject, on: scan.anatomy)
      if let original = subject.original { moves[place] = try move(from: original, to: scan, truth) }
      guard truth.bytes <= left else { return }
      left -= truth.bytes
      truths[place] = truth
    }
    return Checked(scans: shelf, truths: truths, moves: moves)
  }

  /// Explains every subject by every method, once all are read and found good.
  ///
  /// - Parameters:
  ///   - jobs: how many subjects at once.
  ///   - told: before the first map, how the network's answers moved, with the subjects' names; empty where no scan before its change is known.
  ///   - progress: told before each map: subject (from 0), how many there are, the subject's name and the method; returns who
  ///     hears of the map's own progress.
  /// - Throws: what a method throws; where methods were not named, those that do not fit are left out instead, and `.usage` is thrown
  ///   if none is left.
  public func run(
    jobs: StudyJobs = StudyJobs(), told: ([(subject: String, move: ScoreMove)]) -> Void = { _ in },
    progress: @Sendable (_ subject: Int, _ of: Int, _ name: String, _ method: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    let checked = Mutex(try checked())
    let moves = checked.withLock { $0.moves }
    told(cohort.subjects.indices.compactMap { place in moves[place].map { (cohort.subjects[place].name, $0) } })
    var left = variants
    @Sendable func part(_ place: Int, _ variants: [MethodVariant], isFirst: Bool) throws(PellucidError) -> Part {
      let subject = cohort.subjects[place]
      let (scan, truth) = try checked.withLock { (checked) throws(PellucidError) in
        (try checked.scans.take(place), checked.truths.removeValue(forKey: place))
      }
      let loaded = try load(subject, scan, truth)
      var part = Part(rows: [try chanceRow(subject, loaded)], notes: loaded.notes)
      for variant in variants {
        let observer = progress(place, cohort.subjects.count, subject.name, variant.name)
        do {
          let (row, record) = try row(variant, subject, loaded, observer)
          part.rows.append(row)
          part.records[variant.name] = record
        } catch {
          guard isFirst, error.kind == .unsupported || error.kind == .usage, variant.values.names.isEmpty else {
            throw error
          }
          part.leftOut.append((variant.name, error.line))
        }
      }
      for row in part.rows.indices { part.rows[row].answerBefore = moves[place]?.before }
      return part
    }
    var parts: [Part] = []
    if leavesOut {
      // The first subject shows which methods fit.
      parts = [try part(0, left, isFirst: true)]
      let out = Set(parts[0].leftOut.map(\.method))
      left.removeAll { out.contains($0.name) }
      if left.isEmpty { throw .noMethodFits(parts[0].leftOut.map(\.why)) }
    }
    let fitting = left
    parts += try jobs.run(parts.count..<cohort.subjects.count) { (place) throws(PellucidError) in
      try part(place, fitting, isFirst: false)
    }
    var results = Results(rows: parts.flatMap(\.rows), leftOut: parts.flatMap(\.leftOut), notes: parts.flatMap(\.notes))
    for part in parts { results.records.merge(part.records) { first, _ in first } }
    return results
  }

  private func row(
    _ variant: MethodVariant, _ subject: TruthCohort.Subject, _ loaded: Loaded, _ progress: any ProgressObserver
  ) throws(PellucidError) -> (Row, ResultRecord) {
    let explainer = loaded.truth.explainer
    if explainer.options.atlas == nil { try MethodCatalogue.checkAtlas(of: [variant.method]) }
    let method = try variant.make()
    let explanation = try explainer.explain(loaded.subject, loaded.question, by: method, progress: progress)
    let scores = TruthScores(
      explanation.volume, truth: loaded.truth.mask, table: explanation.table, changed: loaded.truth.changed)
    return (
      row(variant.name, subject, loaded, seconds: explanation.seconds, scores: scores), explanation.record
    )
  }

  /// What a map gets that only knows where the scan is.
  private func chanceRow(_ subject: TruthCohort.Subject, _ loaded: Loaded) throws(PellucidError) -> Row {
    let scan = loaded.subject.anatomy
    let even = Volume(
      shape: scan.shape, voxels: scan.voxels[..<scan.shape.count].map { $0 == 0 ? 0 : 1 }, affine: scan.affine)
    var table: RegionTable?
    if let atlas = loaded.subject.atlas {
      // A region with more empty voxels than another must not come after it.
      let everywhere = Volume(
        shape: scan.shape, voxels: [Float](repeating: 1, count: scan.shape.count), affine: scan.affine)
      table = try atlas.table(of: everywhere, weights: explainer.options.weights)
    }
    return row(
      Self.chance, subject, loaded, seconds: nil,
      scores: TruthScores(even, truth: loaded.truth.mask, table: table, changed: loaded.truth.changed))
  }

  private func row(
    _ method: String, _ subject: TruthCohort.Subject, _ loaded: Loaded, seconds: Double?, scores: TruthScores
  ) -> Row {
    Row(
      subject: subject.name, method: method, target: loaded.question.target.name, answer: loaded.answer,
      changedVoxels: loaded.truth.mask.count, changedShare: loaded.truth.mask.share, scores: scores, seconds: seconds)
  }

  /// How the network's answer moved when the scan was changed.
  private func move(
    from original: ScanReference, to changed: Scan, _ truth: Truth
  ) throws(PellucidError) -> ScoreMove {
    let after = try truth.explainer.prepare(changed)
    let question = try truth.explainer.question(for: after)
    let kind: ScoreKind = question.classes.activation == .none ? .logit : .probability
    let value = try truth.explainer.value(of: question, kind, after)
    let asking = truth.explainer.asking(truth.explainer.options.target ?? question.target.name)
    let before = try asking.prepare(original)
    return ScoreMove(
      target: question.target.name, before: try asking.value(of: try asking.question(for: before), kind, before),
      after: value)
  }

  // MARK: Reading

  private func load(
    _ subject: TruthCohort.Subject, _ scan: Scan, _ known: Truth?
  ) throws(PellucidError) -> Loaded {
    let truth = if let known { known } else { try truth(of: subject, on: scan.anatomy) }
    let prepared = try truth.explainer.prepare(scan)
    let question = try truth.explainer.question(for: prepared)
    let kind: ScoreKind = question.classes.activation == .none ? .logit : .probability
    return Loaded(
      subject: prepared, truth: truth, question: question,
      answer: try truth.explainer.value(of: question, kind, prepared),
      notes: prepared.notes.map { $0.of(subject.scan.text) } + truth.notes)
  }

  private func truth(of subject: TruthCohort.Subject, on scan: Volume) throws(PellucidError) -> Truth {
    let (mask, notes) = try mask(of: subject, on: scan)
    let atlas = try atlas(of: subject)
    let own = subject.labels == nil ? explainer : explainer.with(atlas)
    _ = try own.placedAtlas(on: scan)?.labels(on: scan.shape, affine: scan.affine)
    let ownLabels = subject.labels == nil ? nil : atlas?.image
    return Truth(
      explainer: own, mask: mask, changed: try changed(of: subject, atlas), notes: notes + (ownLabels?.notes ?? []),
      bytes: scan.shape.count + (ownLabels.map { 4 * ($0.labels.count + scan.shape.count) } ?? 0))
  }

  private func mask(
    of subject: TruthCohort.Subject, on scan: Volume
  ) throws(PellucidError) -> (TruthMask, [Note]) {
    do {
      let image = try Volume(contentsOf: subject.truth, nan: explainer.options.nan)
      return (
        try TruthMask(image, on: scan.shape, affine: scan.affine), image.notes.map { $0.of(subject.truth) }
      )
    } catch {
      throw error.located(in: subject.truth)
    }
  }

  private func atlas(of subject: TruthCohort.Subject) throws(PellucidError) -> Atlas? {
    guard let atlas = explainer.options.atlas, let labels = subject.labels else { return explainer.options.atlas }
    do {
      return atlas.drawn(by: try LabelVolume(contentsOf: labels, policy: .init(nan: explainer.options.nan)))
    } catch {
      throw error.located(in: labels)
    }
  }

  private func changed(of subject: TruthCohort.Subject, _ atlas: Atlas?) throws(PellucidError) -> Set<Int32> {
    guard let atlas else { return [] }
    if let planted = subject.regionsOf {
      let labels = subject.regions.compactMap { try? atlas.region(named: $0).index }
      // Another atlas may call something else so, and merged regions are others.
      return planted == atlas.name && labels.count == subject.regions.count ? Set(labels) : []
    }
    var labels: Set<Int32> = []
    for name in subject.regions {
      do {
        labels.insert(try atlas.region(named: name).index)
      } catch {
        var placed = error
        placed.kind = .badData
        placed.place = .init(file: cohort.source, part: subject.line.map { "line \($0)" })
        throw placed
      }
    }
    return labels
  }
}
