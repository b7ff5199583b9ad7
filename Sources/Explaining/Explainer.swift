public import PellucidAtlases
public import PellucidAttribution
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidOnnxFormat
public import PellucidPreprocessing
public import PellucidResults
internal import PellucidTensors
public import PellucidTransforms
public import PellucidVolumes

/// The pipeline: scan → preprocessing → attribution → relevance on the scan's own grid → region table.
///
///     let explainer = Explainer(try Classifier(model: "atrophy-cnn.onnx"))
///     let patient = try explainer.prepare(ScanReference("patient.nii.gz"))
///     let map = try explainer.explain(patient, by: Occlusion(patch: 16)).volume
public struct Explainer: Sendable {
  /// What to explain and how results are laid out.
  public struct Options: Sendable {
    /// The class, difference or weighted sum in words; nil: the class with the highest score.
    public var target: String?
    /// The scale explained; nil: the method's own default.
    public var score: ScoreKind?
    /// On which grid maps are returned.
    public var space: ResultSpace = .scan
    /// What becomes of channels.
    public var channels: ChannelTreatment = .each
    /// What to do with voxels that are not finite.
    public var nan: NonFinitePolicy = .refuse
    /// The atlas for region methods and tables, in its own world.
    public var atlas: Atlas?
    /// The transforms that bring it to the scan, in the order in which they take the scan's points.
    public var atlasTransforms: [TransformFile] = []
    /// How voxels belong to regions in tables.
    public var weights = RegionWeights.labels

    /// The defaults.
    public init() {}
  }

  /// On which grid a map is wanted.
  public enum ResultSpace: String, Sendable, Hashable, CaseIterable {
    /// The scan's own.
    case scan
    /// The model's.
    case model
    /// The atlas's.
    case atlas
  }

  /// The classifier.
  public let classifier: Classifier
  /// What to explain.
  public private(set) var options: Options
  /// The atlas where no transform brings it to the scans: it lies the same for all of them, and grids that they share are labelled once.
  private var commonAtlas: PlacedAtlas?

  /// An explainer of a classifier.
  public init(_ classifier: Classifier, options: Options = Options()) {
    self.classifier = classifier
    self.options = options
    commonAtlas = options.atlasTransforms.isEmpty ? options.atlas.map { PlacedAtlas($0) } : nil
    preprocessing = Once { () throws(PellucidError) in
      try Preprocessor(
        card: classifier.card, hasCard: classifier.hasCard, input: try classifier.geometry,
        modelName: classifier.model.path)
    }
  }

  /// What brings scans to the network's grid, with the card's volumes of statistics read once.
  let preprocessing: Once<Preprocessor>
  /// The composites that options named, each file read once.
  let composites = CompositeShelf()

  /// The same explainer with another atlas, such as a subject's own; what it has read it keeps.
  package func with(_ atlas: Atlas?) -> Explainer {
    var other = self
    other.options.atlas = atlas
    other.commonAtlas = other.options.atlasTransforms.isEmpty ? atlas.map { PlacedAtlas($0) } : nil
    return other
  }

  /// The atlas where a scan lies.
  package func placedAtlas(on scan: Volume) throws(PellucidError) -> PlacedAtlas? {
    if let commonAtlas { return commonAtlas }
    return try options.atlas.map { (atlas) throws(PellucidError) in
      try PlacedAtlas(atlas, by: options.atlasTransforms, onto: Grid(shape: scan.shape, affine: scan.affine))
    }
  }

  /// A scan on the network's grid; of a ``ScanShelf``'s scans that was found already.
  package func prepared(_ scan: Scan) throws(PellucidError) -> PreparedScan {
    if let ready = scan.ready, ready.maker === preprocessing { return ready.prepared }
    return try preprocessing.value().prepare(scan.volumes)
  }

  /// Explains a case by a method.
  ///
  /// - Parameter question: what is asked; nil: what the options say. Asked once, it serves every method.
  /// - Throws: what the method throws; `.numeric` where a score or relevance is not finite.
  public func explain(
    _ subject: Case, _ question: Question? = nil, by method: any AttributionMethod,
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) -> Explanation {
    try explanation(of: find(subject, question, by: method, progress: progress))
  }

  /// The first half of ``explain(_:_:by:progress:)``: asks the network.
  package func find(
    _ subject: Case, _ question: Question? = nil, by method: any AttributionMethod,
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) -> Finding {
    let question = if let question { question } else { try self.question(for: subject) }
    let type = Swift.type(of: method)
    let hasProbability = question.classes.haveProbabilities
    let kind = question.target.scale ?? (hasProbability ? options.score ?? type.defaultScore : .logit)
    let score = ScoreFunction(
      network: question.network, classes: question.classes, target: question.target, kind: kind)
    let (input, heard) = try subject.subject.value().listening()
    let clock = ContinuousClock()
    let begin = clock.now
    var relevance: Relevance
    let passes: PassCount
    do {
      (relevance, passes) = try PassCount.counting { () throws(PellucidError) in
        try method.relevance(of: input, to: score, progress: progress)
      }
    } catch {
      let settings = try? method.settings(for: input, score)
      throw located(score.baselineFault(behind: error, of: type, settings ?? OptionValues(), input) ?? error, subject)
    }
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6
    if !hasProbability, question.target.scale == nil, options.score == .probability {
      relevance.notes.append(Note(what: "the outputs have no probabilities", how: "their values are explained"))
    }
    if !relevance.map.values.contains(where: { $0 != 0 }) {
      relevance.notes.append(
        Note(
          what: "the map of \(type.name) is 0 everywhere",
          how: "\(question.target.name) does not depend on the scan there, or the method leaves out what does",
          weight: .warning))
    }
    if let note = noteOfRegions(outside: relevance, subject) { relevance.notes.append(note) }
    let settings = try method.settings(for: input, score)
    let shares = try scalarShares(subject, question, score)
    let notes = relevance.notes + heard.notes
    return Finding(
      subject: subject, question: question, kind: kind, method: method, relevance: relevance, notes: notes,
      told: notes.filter { !heard.notes.contains($0) || $0.weight > .record }, settings: settings, seconds: seconds,
      passes: passes, shares: shares)
  }

  /// The second half: brings the map to the grid that was asked for, measures regions and makes the record.
  package func explanation(of finding: Finding) throws(PellucidError) -> Explanation {
    let (subject, question, kind) = (finding.subject, finding.question, finding.kind)
    var relevance = finding.relevance
    let placement = MapPlacement(
      path: subject.prepared.path, channels: options.channels, space: options.space, atlas: subject.atlas,
      home: options.atlas)
    let measured = try placement.measured(relevance)
    let regions = Ahead { [drops = relevance.scoreDrops] () throws(PellucidError) in
      try subject.atlas?.table(
        of: measured, weights: options.weights, fieldOfView: subject.prepared.path.fieldOfView,
        scoreDrops: drops.isEmpty ? nil : drops)
    }
    let volume = try placement.placed(measured, relevance, channels: subject.prepared.input.shape[1])
    var record = try record(of: finding, volume, value: try value(of: question, kind, subject))
    record.inputShares = finding.shares.isEmpty ? nil : finding.shares
    relevance.notes = finding.told
    var explanation = Explanation(
      record: record, stem: subject.scan.stem, volume: volume, relevance: relevance, anatomy: subject.anatomy,
      table: try regions.value(),
      regionNames: Dictionary(
        (subject.atlas?.atlas.regions ?? []).map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first }),
      target: question.target, scoreName: question.classes.haveProbabilities ? kind.rawValue : "score",
      warnings: subject.warnings)
    explanation.images = classifier.images.map { ($0.name, $0.channels) }
    return explanation
  }

  /// The value of what is asked for the scan; the network is not asked again.
  package func value(of question: Question, _ kind: ScoreKind, _ subject: Case) throws(PellucidError) -> Double {
    guard question.isOwnOutput else {
      let score = ScoreFunction(
        network: question.network, classes: question.classes, target: question.target, kind: kind)
      return score.scores(of: try question.outputs.value())[0]
    }
    let parts = kind == .probability ? subject.probabilities ?? subject.scores : subject.scores
    return zip(question.target.weights, parts).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// A method's error with the file that it is about.
  package func located(_ error: PellucidError, _ subject: Case) -> PellucidError {
    switch error.kind {
    case .numeric: error.located(in: subject.scan.text)
    case .usage: error
    default: error.located(in: classifier.model.path)
    }
  }

  /// Says which of the atlas's regions the method could not look at.
  private func noteOfRegions(outside relevance: Relevance, _ subject: Case) -> Note? {
    guard let outside = relevance.regionsOutside, !outside.isEmpty, let atlas = subject.atlas?.atlas else { return nil }
    let names = atlas.regions.filter { outside.contains($0.index) }.map(\.name)
    let some = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    return Note(
      what:
        "\(names.count) of the atlas's \(atlas.regions.count) regions have no voxel in the model's field of view (\(some))",
      how: "they have no value; the record lists them as regions_outside")
  }
}
