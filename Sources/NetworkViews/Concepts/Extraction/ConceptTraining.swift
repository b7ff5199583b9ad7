public import PellucidAttribution
internal import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidStatistics
internal import PellucidVolumes

/// An extractor of concepts, learned from a study's scans.
public struct ConceptTraining: Sendable {
  /// How it is learned.
  public struct Options: Sendable {
    /// Concepts of each class.
    public var concepts = 10
    /// Times that all training scans are gone through.
    public var epochs = 300
    /// Scans of a step.
    public var batch = 32
    /// Adam's rate.
    public var rate = 1e-4
    /// The part of each class's scans, as the network answers, that is not trained on.
    public var heldOut = 0.2
    /// Start of the random numbers.
    public var seed = 0

    /// The defaults.
    public init() {}
  }

  /// The losses after going through all scans once.
  public struct Epoch: Sendable, Hashable {
    /// From 1.
    public let number: Int
    /// The mean over the steps, before each of them.
    public let training: ConceptLoss
    /// Of the scans that are held out; nil: not asked for.
    public let heldOut: ConceptLoss?
  }

  /// What was learned.
  public let extractor: ConceptExtractor
  /// The way there.
  public let course: [Epoch]
  /// The places of the scans that were trained on, and of the others.
  public let trained, heldOut: [Int]
  /// Seconds of a step.
  public let stepSeconds: Double

  /// The least scans to train on, and the least held out.
  public static let fewest = (trained: 10, heldOut: 2)

  /// Learns an extractor.
  ///
  /// - Throws: `.badData` for fewer than 10 scans to train on or 2 held out, or where the network answers one class alone.
  public init(
    on cohort: ConceptCohort, options: Options = Options(), progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) {
    let (trained, heldOut) = Self.split(cohort.predicted, part: options.heldOut, seed: options.seed)
    guard trained.count >= Self.fewest.trained, heldOut.count >= Self.fewest.heldOut else {
      throw .tooFewToLearn(trained.count, heldOut.count)
    }
    if Set(cohort.predicted).count < 2 { throw .oneClassAnswered(cohort.classNames[cohort.predicted[0]]) }
    let square = trained.reduce(0) { $0 + cohort.squares[$1] } / Double(trained.count)
    guard square > 0 else { throw .silentLayer(cohort.layer.name) }
    let form = ConceptExtractor.Form(
      classes: cohort.classNames.count, concepts: options.concepts, channels: cohort.channels,
      places: cohort.grid.shape.count, row: cohort.dense.width, isRectified: cohort.dense.isRectified)
    var extractor = ConceptExtractor(form, unit: Float(square.squareRoot()), seed: options.seed)
    var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(options.seed)), stream: 0x6f72646572)
    var (course, steps) = ([Epoch](), 0)
    let begin = ContinuousClock.now
    let every = max(1, options.epochs / 50)
    var apart = Duration.zero
    for epoch in 1...options.epochs {
      try progress.check()
      let order = numbers.permutation(trained.count).map { trained[$0] }
      var mean = ConceptLoss()
      // Parts of one size, as nearly as there can be: a last part of one scan would have no others to be near to.
      let parts = max(1, Int((Double(order.count) / Double(options.batch)).rounded()))
      for part in 0..<parts {
        let scans = Array(order[(part * order.count / parts)..<((part + 1) * order.count / parts)])
        let pass = try cohort.pass(extractor, of: scans)
        let (loss, slopes) = try cohort.slopes(of: pass, scans, form)
        extractor.takeBack(row: slopes.row, sums: slopes.sums, embeddings: slopes.embeddings, of: pass)
        steps += 1
        extractor.step(steps, rate: options.rate)
        mean = mean + (loss, Double(scans.count) / Double(order.count))
        guard loss.total.isFinite else { throw .lossNotFinite(step: steps) }
      }
      let asks = epoch % every == 0 || epoch == options.epochs || epoch == 1
      let before = ContinuousClock.now
      let other = asks ? try cohort.loss(of: extractor, heldOut, batch: options.batch) : nil
      apart += ContinuousClock.now - before
      course.append(Epoch(number: epoch, training: mean, heldOut: other))
      progress.advanced(to: epoch, of: options.epochs)
    }
    stepSeconds = Double((ContinuousClock.now - begin - apart) / .microseconds(1)) / 1e6 / Double(max(1, steps))
    (self.extractor, self.course, self.trained, self.heldOut) = (extractor, course, trained, heldOut)
  }

  /// Of each class that the network answers the same part is held out.
  static func split(_ predicted: [Int], part: Double, seed: Int) -> (trained: [Int], heldOut: [Int]) {
    var numbers = RandomNumbers(seed: UInt64(bitPattern: Int64(seed)), stream: 0x73706c6974)
    var heldOut: Set<Int> = []
    for kind in Set(predicted).sorted() {
      let members = predicted.indices.filter { predicted[$0] == kind }
      let count = Int((part * Double(members.count)).rounded())
      for place in numbers.permutation(members.count).prefix(count) { heldOut.insert(members[place]) }
    }
    return (predicted.indices.filter { !heldOut.contains($0) }, heldOut.sorted())
  }
}

extension ConceptCohort {
  /// What an extractor makes of some of the scans.
  func pass(_ extractor: ConceptExtractor, of scans: [Int]) throws(PellucidError) -> ConceptPass {
    var values: [[Float]] = []
    for scan in scans { values.append(try store.values(of: scan)) }
    return extractor.pass(values)
  }

  func slopes(
    of pass: ConceptPass, _ scans: [Int], _ form: ConceptExtractor.Form
  ) throws(PellucidError) -> (loss: ConceptLoss, slopes: ConceptLoss.Slopes) {
    try ConceptLoss.slopes(
      of: pass, in: form,
      wanted: .init(rows: scans.flatMap { rows[$0] }, probabilities: scans.flatMap { probabilities[$0] }),
      classes: dense.classes
    ) { (rows, slopes) throws(PellucidError) in try dense.slopes(of: rows, slopes) }
  }

  /// The mean loss of some of the scans.
  func loss(of extractor: ConceptExtractor, _ scans: [Int], batch: Int) throws(PellucidError) -> ConceptLoss {
    var mean = ConceptLoss()
    for begin in stride(from: 0, to: scans.count, by: batch) {
      let part = Array(scans[begin..<min(scans.count, begin + batch)])
      let loss = try slopes(of: try pass(extractor, of: part), part, extractor.form).loss
      mean = mean + (loss, Double(part.count) / Double(scans.count))
    }
    return mean
  }
}

extension PellucidError {
  static func tooFewToLearn(_ trained: Int, _ heldOut: Int) -> Self {
    .init(
      .badData, what: "\(trained) scans are left to train on and \(heldOut) are held out",
      why: "at least \(ConceptTraining.fewest.trained) and \(ConceptTraining.fewest.heldOut) are needed",
      remedy: "name more scans")
  }

  static func oneClassAnswered(_ name: String) -> Self {
    .init(
      .badData, what: "the network answers \(name) for every scan", why: "concepts tell classes apart",
      remedy: "add scans that it answers otherwise")
  }

  static func silentLayer(_ name: String) -> Self {
    .init(.numeric, what: "the layer \(name) is 0 for every scan", remedy: "choose another `layer`")
  }

  static func lossNotFinite(step: Int) -> Self {
    .init(.numeric, what: "the loss is not finite at step \(step)", remedy: "take a smaller `rate`")
  }
}
