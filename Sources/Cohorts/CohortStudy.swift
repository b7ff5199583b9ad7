public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
public import PellucidResults
internal import Synchronization

/// The scans of a cohort, explained into a folder of BIDS derivatives.
///
/// What is there already and still holds is not computed again: results are compared by content (SHA-256 of scan and models, options,
/// version). Several runs may work on one folder at once.
public struct CohortStudy: Sendable {
  /// Which files of each scan are kept.
  public enum Kept: String, Sendable, Hashable, CaseIterable {
    /// Maps, pictures and tables.
    case maps
    /// Tables alone.
    case tables
    /// What the network answered, and how it was made.
    case none
  }

  /// How a run is done; none of it changes a result.
  public struct Manner: Sendable {
    /// How many scans are explained at once, each with one thread; 1: one after the other, with all threads.
    public var jobs = 1
    /// Which of several parts of the cohort this run does, counted from 1.
    public var shard: (number: Int, count: Int) = (1, 1)
    /// Whether everything is computed again.
    public var isForced = false

    /// One scan after the other, all of them, but for what is there.
    public init() {}
  }

  /// What became of a visit.
  public struct Outcome: Sendable {
    /// What its files begin with, such as `sub-01_ses-2`.
    public let name: String
    /// Why there is no result, or none to be used; nil: there is one.
    public let fault: String?
    /// Whether anything was computed.
    public let isNew: Bool
    /// Seconds that it took.
    public let seconds: Double
    /// What was mended or decided on the way.
    public let notes: [Note]
  }

  /// An explainer a model, with a target: of their maps the mean is taken.
  public let explainers: [Explainer]
  /// The scans.
  public let cohort: Cohort
  /// The methods.
  public let variants: [MethodVariant]
  /// Where results go.
  public let folder: DerivativesFolder
  /// Regions of the subjects' own.
  public var atlases = SubjectAtlas()
  /// Inputs of the network that differ from subject to subject.
  public var inputs = SubjectInputs()
  /// Which files are kept.
  public var kept = Kept.maps
  /// Bits of the maps' mantissas that are kept, of 23, so that they compress better; nil: all.
  public var significantBits: Int?
  /// How pictures are drawn and tables sorted.
  public var style = ResultStyle()
  /// The folds of the models, in the models' order; empty: every model answers for every scan.
  let folds: [String]

  /// A study.
  ///
  /// - Parameter explainers: at least one; their options but for the model are the same. Where the cohort has folds, there is a model for
  ///   each, in the order of the folds' names, and a scan is explained by the one that did not train on it.
  /// - Throws: `.usage` where no target is named for a classifier, the models do not fit the folds, or a method needs an atlas.
  public init(
    _ explainers: [Explainer], cohort: Cohort, variants: [MethodVariant], into folder: DerivativesFolder
  ) throws(PellucidError) {
    precondition(!explainers.isEmpty, "a study has a model")
    (self.explainers, self.cohort, self.variants, self.folder) = (explainers, cohort, variants, folder)
    let folds = Set(cohort.visits.compactMap(\.fold)).sorted(by: Self.inNaturalOrder)
    self.folds = explainers.count > 1 ? folds : []
    if explainers.count > 1, !folds.isEmpty, folds.count != explainers.count {
      throw .foldCount(folds, models: explainers.count)
    }
    for explainer in explainers { try explainer.checkTarget() }
  }

  /// Numbers by value, words by letters.
  private static func inNaturalOrder(_ a: String, _ b: String) -> Bool {
    if let x = Double(a), let y = Double(b) { return x < y }
    return a < b
  }

  /// Which model belongs to which fold, in words; nil: there are no folds.
  public var foldsOfModels: Note? {
    guard !folds.isEmpty else { return nil }
    let pairs = zip(folds, explainers).map { "fold \($0): \($1.modelRecord.file)" }
    return Note(
      what: "each scan is explained by the model that did not train on its fold", how: pairs.joined(separator: ", "),
      weight: .told)
  }

  /// The explainers that answer for a visit.
  func explainers(of visit: Cohort.Visit) -> [Explainer] {
    guard let fold = visit.fold, let place = folds.firstIndex(of: fold) else { return explainers }
    return [explainers[place]]
  }

  /// Explains the scans and writes the tables of the whole cohort.
  ///
  /// - Parameters:
  ///   - manner: how.
  ///   - finished: told after each scan, on whichever thread explained it.
  /// - Returns: what became of the scans of this run's part, in the cohort's order.
  /// - Throws: what concerns all scans: `.usage`, `.output`, and `.unsupported` of the model. What is wrong with one scan stops nobody.
  public func run(
    _ manner: Manner = Manner(), finished: @Sendable (Outcome) -> Void = { _ in }
  ) throws(PellucidError) -> [Outcome] {
    let (number, count) = manner.shard
    guard count > 0, (1...count).contains(number) else { throw .shard(number, count) }
    let visits = cohort.part(number, of: count)
    try folder.prepare(variants: variants, hasFolds: explainers.count > 1)
    let limit = Engine.memoryLimit
    Engine.memoryLimit = limit / max(1, min(manner.jobs, visits.count))
    defer { Engine.memoryLimit = limit }
    let requests = try requests()
    let outcomes = Mutex<[Int: Outcome]>([:])
    @Sendable func explain(_ place: Int, waiting: Bool) throws(PellucidError) {
      let run = SubjectRun(study: self, visit: visits[place], requests: requests, isForced: manner.isForced)
      guard let outcome = try run.outcome(waiting: waiting) else { return }
      outcomes.withLock { $0[place] = outcome }
      finished(outcome)
    }
    try Workers.run(visits.count, asJobs: manner.jobs) { (place) throws(PellucidError) in
      try explain(place, waiting: false)
    }
    // What another run was busy with is waited for at the end.
    let busy = visits.indices.filter { place in outcomes.withLock { $0[place] == nil } }
    try Workers.run(busy.count, asJobs: manner.jobs) { (place) throws(PellucidError) in
      try explain(busy[place], waiting: true)
    }
    try CohortTables(self).write()
    folder.removeLocks()
    return outcomes.withLock { all in visits.indices.compactMap { all[$0] } }
  }

  /// What results of each set of models depend on, with the atlas that is shared.
  private func requests() throws(PellucidError) -> [[String]: JSONValue] {
    var requests: [[String]: JSONValue] = [:]
    for set in [explainers] + (folds.isEmpty ? [] : explainers.map { [$0] }) {
      requests[set.map(\.modelRecord.file)] = try CohortRequest.common(
        set, isOfFold: set.count < explainers.count, keeping: kept, significantBits: significantBits)
    }
    return requests
  }
}

extension Explainer {
  /// Refuses to let every scan choose what is explained, and a class that the model does not have, before a scan is read.
  fileprivate func checkTarget() throws(PellucidError) {
    let output = classifier.card.output
    let network = try? classifier.network()
    let classes = network.flatMap { try? classifier.classes(of: $0) }
    if let target = options.target {
      guard let classes, case .classes(let text) = try TargetRequest(parsing: target, classes: classes) else { return }
      _ = try Target(parsing: text, classes: classes)
      return
    }
    let isOneValue = classes.map { $0.count == 1 && !$0.haveProbabilities } ?? (output.kind == .regression)
    guard !isOneValue else { return }
    throw .targetMissing(classes: classes.map { known in (0..<known.count).map(known.name(of:)) } ?? output.classes)
  }
}
