public import Atlases
public import Attribution
public import Faults
internal import ModelCards
public import Networks
internal import OnnxFormat
public import Preprocessing
internal import Tensors
public import Transforms
public import Volumes

/// The pipeline: scan → preprocessing → attribution → relevance on the scan's own grid → region table.
///
///     let explainer = Explainer(try Classifier(model: "atrophy-cnn.onnx"))
///     let patient = try explainer.prepare(ScanReference("patient.nii.gz"))
///     let map = try explainer.explain(patient, method: MethodCatalogue.method(named: "occlusion")).volume
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
    /// The column by which tables are sorted; nil: label order.
    public var sort: String?

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

  /// A scan made ready for the network, with what the network says of it.
  public struct Case: Sendable {
    /// What the user named.
    public let scan: ScanReference
    /// The first file's volume: anatomy for pictures.
    public let anatomy: Volume
    /// The network's input and the way back.
    public let prepared: PreparedScan
    /// The network for this size.
    public let network: Network
    /// Its classes.
    public let classes: Classes
    /// The network's outputs, by class.
    public let scores: [Float]
    /// The probabilities, by class.
    public let probabilities: [Float]
    /// The class with the highest score; nil for a single value.
    public let predicted: Int?
    /// The atlas, brought to the scan.
    public let atlas: Atlas?
    /// Whether scan and atlas lie where they say.
    public let alignment: AlignmentCheck
    /// What looks like a mistake: a scan that does not lie where it says, or has nothing on it.
    public let warnings: [Note]
    /// Everything that was mended or decided on the way, and the warnings.
    public let notes: [Note]
  }

  /// A map and what is known about it.
  public struct Explanation: Sendable {
    /// The method's name.
    public let method: String
    /// The map on the grid asked for.
    public let volume: Volume
    /// The map as the method made it, with its facts.
    public let relevance: Relevance
    /// What was explained.
    public let target: Target
    /// On which scale.
    public let scoreKind: ScoreKind
    /// The score's value for the scan.
    public let score: Double
    /// What the score is called: logit or probability, or score where the outputs have no probabilities.
    public let scoreName: String
    /// The region table, where an atlas is given.
    public let table: RegionTable?
    /// Seconds in the method alone.
    public let seconds: Double
  }

  /// The classifier.
  public let classifier: Classifier
  /// What to explain.
  public let options: Options

  /// An explainer of a classifier.
  public init(_ classifier: Classifier, options: Options = Options()) {
    self.classifier = classifier
    self.options = options
  }

  /// Reads a scan, brings it to the network's grid and asks the network about it.
  public func prepare(_ scan: ScanReference) throws(PellucidError) -> Case {
    let volumes = try scan.volumes(nan: options.nan)
    let prepared = try self.prepared(volumes)
    let shape = prepared.input.shape
    let (network, classes) = try classifier.answering(
      try classifier.network(channels: shape[1], spatial: shape.spatial), target: options.target)
    let outputs: [Float]
    do {
      outputs = try network.logits(prepared.input).values
    } catch {
      throw error.located(in: error.kind == .numeric ? scan.text : classifier.model.path)
    }
    let atlas = try placedAtlas(for: volumes[0])
    let alignment = AlignmentCheck(volumes[0], atlas: atlas, transform: options.atlasTransforms.words)
    let range = prepared.input.range
    let constant =
      range.lowerBound == range.upperBound
      ? [Note(what: "the network's input is the same everywhere", how: "check the scan and the card's normalization")]
      : []
    let warnings =
      alignment.warnings + constant + classifier.doubts(of: network, classes, outputs: outputs)
      + classifier.saturation(of: prepared, classes, scores: outputs)
    return Case(
      scan: scan, anatomy: volumes[0], prepared: prepared, network: network, classes: classes,
      scores: classes.scores(of: outputs), probabilities: classes.probabilities(of: outputs),
      predicted: classes.predicted(from: outputs), atlas: atlas, alignment: alignment,
      warnings: warnings, notes: volumes.flatMap(\.notes) + prepared.notes + classifier.readings(of: network) + warnings
    )
  }

  /// The atlas brought to a scan by the transforms asked for.
  private func placedAtlas(for scan: Volume) throws(PellucidError) -> Atlas? {
    guard let atlas = options.atlas, !options.atlasTransforms.isEmpty else { return options.atlas }
    let transform = try SpatialTransform(
      options.atlasTransforms, scan: Grid(shape: scan.shape, affine: scan.affine),
      atlas: Grid(shape: atlas.image.shape, affine: atlas.image.affine))
    return try atlas.placed(by: transform)
  }

  /// Checks that a scan can be read and fits the model, without running the network.
  public func check(_ scan: ScanReference) throws(PellucidError) {
    _ = try prepared(try scan.volumes(nan: options.nan))
  }

  /// Brings volumes to the network's grid.
  func prepared(_ volumes: [Volume]) throws(PellucidError) -> PreparedScan {
    let preprocessor = try Preprocessor(
      card: classifier.card, hasCard: classifier.hasCard, input: try classifier.geometry,
      modelName: classifier.model.path)
    return try preprocessor.prepare(volumes)
  }

  /// Explains a case by a method.
  public func explain(
    _ subject: Case, method type: any AttributionMethod.Type, values: OptionValues = OptionValues(),
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) -> Explanation {
    let method = try type.init(values.readingFiles().restricted(to: type.options))
    let question = try self.question(for: subject)
    let hasProbability = question.classes.haveProbabilities
    let kind = question.target.scale ?? (hasProbability ? options.score ?? type.defaultScore : .logit)
    let score = ScoreFunction(
      network: question.network, classes: question.classes, target: question.target, kind: kind)
    let input = try attributionSubject(subject)
    let clock = ContinuousClock()
    let begin = clock.now
    var relevance: Relevance
    do {
      relevance = try method.relevance(of: input, to: score, progress: progress)
    } catch {
      let error = score.baselineFault(behind: error, of: type, values, input) ?? error
      let place = error.kind == .numeric ? subject.scan.text : error.kind == .usage ? nil : classifier.model.path
      throw place.map { error.located(in: $0) } ?? error
    }
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6
    if !hasProbability, question.target.scale == nil, options.score == .probability {
      relevance.notes.append(Note(what: "the outputs have no probabilities", how: "their values are explained"))
    }
    if let note = noteOfRegions(outside: relevance, subject) { relevance.notes.append(note) }
    var volume = try volume(of: relevance, subject)
    let table = try table(of: volume, relevance, subject)
    if options.space == .atlas { volume = try onAtlasGrid(volume, relevance.measure, subject) }
    let value: Double
    if question.isOwnOutput {
      let parts = kind == .probability ? subject.probabilities : subject.scores
      value = zip(question.target.weights, parts).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    } else {
      value = try score.scores(ofImages: input.image)[0]
    }
    return Explanation(
      method: type.name, volume: volume.spread(over: options.channels == .each ? input.image.shape[1] : 1),
      relevance: relevance,
      target: question.target, scoreKind: kind, score: value, scoreName: hasProbability ? kind.rawValue : "score",
      table: table, seconds: seconds)
  }

  /// Says which of the atlas's regions the method could not look at.
  private func noteOfRegions(outside relevance: Relevance, _ subject: Case) -> Note? {
    guard let outside = relevance.regionsOutside, !outside.isEmpty, let atlas = subject.atlas else { return nil }
    let names = atlas.regions.filter { outside.contains($0.index) }.map(\.name)
    let some = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    return Note(
      what:
        "\(names.count) of the atlas's \(atlas.regions.count) regions have no voxel in the model's field of view (\(some))",
      how: "they have no value; the provenance lists them as regions_outside")
  }

  /// A map on the scan's grid brought to the atlas's.
  ///
  /// Trilinear, regional maps nearest; where the atlas's grid is coarser, the map is smoothed first. An extensive map's values are multiplied
  /// by the ratio of the voxels' volumes, so that they still add up (but for what lies outside of the atlas's grid).
  private func onAtlasGrid(_ map: Volume, _ measure: Relevance.Measure, _ subject: Case) throws(PellucidError) -> Volume
  {
    guard let atlas = subject.atlas, let home = options.atlas else { throw .atlasSpace() }
    guard atlas.bend == nil else { throw .bentSpace() }
    let isRegional = measure == .regional
    var out = map.resampled(
      onto: atlas.image.shape, affine: atlas.image.affine, interpolation: isRegional ? .nearest : .linear,
      antialias: !isRegional)
    if measure == .extensive {
      let ratio = Float(abs(atlas.image.affine.determinant / map.affine.determinant))
      out.voxels = out.voxels.map { $0 * ratio }
    }
    out.affine = home.image.affine
    out.space = SpaceRecord()
    return out
  }

  /// The map on the grid asked for.
  private func volume(of relevance: Relevance, _ subject: Case) throws(PellucidError) -> Volume {
    let path = subject.prepared.path
    var volume = path.back(
      relevance.map, interpolation: relevance.measure == .regional ? .nearest : .linear,
      extensive: relevance.measure == .extensive, channels: options.channels,
      space: options.space == .model ? .model : .scan)
    guard relevance.measure == .regional, !relevance.scoreDrops.isEmpty, options.space != .model, path.isResampled,
      let atlas = subject.atlas
    else {
      return volume
    }
    // On a finer grid than the model's, regions have their own borders there, not those of the model's voxels.
    let seen = path.back(
      Tensor(repeating: 1, shape: relevance.map.shape), interpolation: .nearest, extensive: false, channels: .sum)
    let labels = try atlas.labels(on: volume.shape, affine: volume.affine)
    for place in labels.indices {
      let drop = relevance.scoreDrops[labels[place]]
      volume.voxels[place] = seen.voxels[place] == 0 ? 0 : Float(drop ?? 0)
    }
    return volume
  }

  func attributionSubject(_ subject: Case) throws(PellucidError) -> Subject {
    var labels: [Int32]?
    if let atlas = subject.atlas {
      labels = try subject.prepared.path.modelLabels { (shape, affine) throws(PellucidError) in
        try atlas.labels(on: shape, affine: affine)
      }
    }
    let background = Float(classifier.card.input.background)
    return Subject(
      image: subject.prepared.input, background: background, labels: labels,
      regions: subject.atlas?.regions.map(\.index) ?? [],
      gridAxes: subject.prepared.path.gridAxesOfTensor, voxelSizes: subject.prepared.path.tensorAffine.voxelSizes,
      world: ScanWorld(
        anatomy: subject.anatomy, prepared: subject.prepared, background: background, nan: options.nan,
        explainer: self))
  }

  private func table(of volume: Volume, _ relevance: Relevance, _ subject: Case) throws(PellucidError) -> RegionTable? {
    guard let atlas = subject.atlas else { return nil }
    return try RegionTable(
      of: volume, atlas: atlas, weights: options.weights, fieldOfView: subject.prepared.path.fieldOfView,
      scoreDrops: relevance.scoreDrops.isEmpty ? nil : relevance.scoreDrops.mapValues { $0 })
  }
}

extension GridPath {
  /// The part of the model's grid that holds the scan.
  var fieldOfView: FieldOfView {
    var shift = Affine.identity
    for (axis, begin) in [filled.i.lowerBound, filled.j.lowerBound, filled.k.lowerBound].enumerated() {
      shift[axis, 3] = Double(begin)
    }
    return FieldOfView(
      shape: GridShape(i: filled.i.count, j: filled.j.count, k: filled.k.count),
      affine: modelGrid.affine.composed(with: shift))
  }
}

extension Volume {
  /// A map that all channels share, once for each.
  fileprivate func spread(over count: Int) -> Volume {
    guard channels == 1, count > 1 else { return self }
    var copy = self
    copy.voxels = (0..<count).flatMap { _ in voxels }
    copy.channels = count
    return copy
  }
}
