public import PellucidAtlases
public import PellucidAttribution
public import PellucidFaults
internal import PellucidModelCards
public import PellucidNetworks
internal import PellucidOnnxFormat
public import PellucidPreprocessing
public import PellucidResults
internal import PellucidTensors
internal import PellucidTransforms
public import PellucidVolumes

extension Explainer {
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
    /// The probabilities, by class; nil where the outputs have none, such as an age.
    public let probabilities: [Float]?
    /// The class with the highest score; nil for a single value.
    public let predicted: Int?
    /// The atlas, brought to the scan.
    public let atlas: PlacedAtlas?
    /// Whether scan and atlas lie where they say.
    public let alignment: AlignmentCheck
    /// What looks like a mistake: a scan that does not lie where it says, or has nothing on it.
    public let warnings: [Note]
    /// Everything that was mended or decided on the way, and the warnings.
    public let notes: [Note]

    /// The scan's files with their SHA-256.
    /// - Throws: `.badData` where one is gone.
    public func files() throws(PellucidError) -> [ResultRecord.FileDigest] { try digests.value() }

    /// The scan's files with their digests, made when a record asks.
    let digests: Once<[ResultRecord.FileDigest]>
    /// What methods are told of the scan, made when one asks.
    let subject: Once<Subject>
  }

  /// Reads a scan, brings it to the network's grid and asks the network about it.
  public func prepare(_ reference: ScanReference) throws(PellucidError) -> Case {
    try prepare(try read(reference))
  }

  /// Brings a scan to the network's grid and asks the network about it.
  public func prepare(_ scan: Scan) throws(PellucidError) -> Case {
    let anatomy = scan.anatomy
    let placing = Ahead { () throws(PellucidError) in
      let atlas = try placedAtlas(on: anatomy)
      return (
        atlas: atlas, alignment: AlignmentCheck(anatomy, atlas: atlas?.atlas, transform: options.atlasTransforms.words)
      )
    }
    let prepared = try self.prepared(scan)
    let shape = prepared.input.shape
    let (network, classes) = try classifier.answering(
      try classifier.network(channels: shape[1], spatial: shape.spatial), target: options.target)
    let outputs: [Float]
    do {
      outputs = try network.logits(prepared.input).values
    } catch {
      throw error.located(in: error.kind == .numeric ? scan.reference.text : classifier.model.path)
    }
    let (atlas, alignment) = try placing.value()
    let range = prepared.input.range
    let constant =
      range.lowerBound == range.upperBound
      ? [
        Note(
          what: "the network's input is the same everywhere", how: "check the scan and the card's normalization",
          weight: .warning)
      ]
      : []
    let warnings =
      alignment.warnings + constant + classifier.doubts(of: network, classes, outputs: outputs)
      + classifier.saturation(of: prepared, classes, scores: outputs)
    let world = ScanWorld(
      anatomy: anatomy, prepared: prepared,
      backgrounds: classifier.card.input.backgrounds(channels: shape[1]).map { Float($0) })
    let files = ScanFiles(world: world, nan: options.nan, explainer: self)
    let reference = scan.reference
    return Case(
      scan: reference, anatomy: anatomy, prepared: prepared, network: network, classes: classes,
      scores: classes.scores(of: outputs),
      probabilities: classes.haveProbabilities ? classes.probabilities(of: outputs) : nil,
      predicted: classes.predicted(from: outputs), atlas: atlas, alignment: alignment,
      warnings: warnings,
      notes: scan.volumes.flatMap(\.notes) + prepared.notes + classifier.readings(of: network) + warnings,
      digests: Once { () throws(PellucidError) in try reference.digests() },
      subject: Once { [images = classifier.images.map(\.channels)] () throws(PellucidError) in
        var subject = try files.subject(atlas: atlas)
        subject.images = images
        return subject
      })
  }

  /// Checks that a scan fits the model, without running the network.
  public func check(_ scan: Scan) throws(PellucidError) { _ = try prepared(scan) }
}

extension ScanFiles {
  /// What methods are told of the scan.
  fileprivate func subject(atlas: PlacedAtlas?) throws(PellucidError) -> Subject {
    let prepared = world.prepared
    var labels: [Int32]?
    if let atlas {
      labels = try prepared.path.modelLabels { (shape, affine) throws(PellucidError) in
        try atlas.labels(on: shape, affine: affine)
      }
    }
    return Subject(
      image: prepared.input, backgrounds: world.backgrounds, labels: labels,
      regions: atlas?.atlas.regions.map(\.index) ?? [],
      gridAxes: prepared.path.gridAxesOfTensor, voxelSizes: prepared.path.tensorAffine.voxelSizes, world: world,
      files: self)
  }
}
