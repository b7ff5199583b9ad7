internal import PellucidAtlases
public import PellucidAttribution
public import PellucidEvaluation
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
public import PellucidResults
internal import PellucidVolumes

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

  /// Reads every scan, mask and label image, so that a bad one is found before the work begins.
  /// - Returns: the scans and what belongs to them, as far as they are kept.
  private func checked() throws(PellucidError) -> (scans: ScanShelf, truths: [Int: Truth]) {
    var kept: [Int: Truth] = [:]
    var left = Engine.memoryLimit / 4
    let shelf = try ScanShelf(cohort.subjects.map(\.scan), for: explainer) { (place, scan) throws(PellucidError) in
      let truth = try truth(of: cohort.subjects[place], on: scan.anatomy)
      guard truth.bytes <= left else { return }
      left -= truth.bytes
      kept[place] = truth
    }
    return (shelf, kept)
  }

  /// Explains every subject by every method, once all are read and found good.
  ///
  /// - Parameter progress: told before each map: subject (from 0), how many there are, the subject's name and the method; returns who
  ///   hears of the map's own progress.
  /// - Throws: what a method throws; where methods were not named, those that do not fit are left out instead, and `.usage` is thrown
  ///   if none is left.
  public func run(
    progress: (_ subject: Int, _ of: Int, _ name: String, _ method: String) -> any ProgressObserver
  ) throws(PellucidError) -> Results {
    var (shelf, truths) = try checked()
    var results = Results(rows: [], leftOut: [])
    var left = variants
    for (number, subject) in cohort.subjects.enumerated() {
      let loaded = try load(subject, try shelf.take(number), truths.removeValue(forKey: number))
      results.notes += loaded.notes
      results.rows.append(try chanceRow(subject, loaded))
      for variant in left {
        let observer = progress(number, cohort.subjects.count, subject.name, variant.name)
        do {
          let (row, record) = try row(variant, subject, loaded, observer)
          results.rows.append(row)
          results.records[variant.name] = results.records[variant.name] ?? record
        } catch {
          guard leavesOut, number == 0, error.kind == .unsupported || error.kind == .usage, variant.values.names.isEmpty
          else { throw error }
          results.leftOut.append((variant.name, error.line))
          left.removeAll { $0.name == variant.name }
        }
      }
      if left.isEmpty { throw .noMethodFits(results.leftOut.map(\.why)) }
    }
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
