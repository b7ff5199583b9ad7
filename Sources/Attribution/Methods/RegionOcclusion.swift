public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// How much the score falls when a whole region of the atlas is blanked; every voxel of the region gets that drop.
///
///     R_v = s(x) − s(x with region(v) set to the fill)        unlabelled voxels: 0
///
/// Regions of the atlas without a voxel in the model's field of view are listed as `regions_outside` and have no drop.
public struct RegionOcclusion {
  /// What a region becomes.
  public let fill: Fill

  /// The method with these parameters.
  ///
  /// - Parameter fill: what a region becomes.
  /// - Throws: `.usage` for a number of the fill that is out of bounds, naming the parameter.
  public init(fill: Fill = .background) throws(PellucidError) {
    try fill.check()
    self.fill = fill
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RegionOcclusion: AttributionMethod {
  public static let name = "region-occlusion"
  public static let summary = "how much the score falls when a region of an atlas is blanked"
  public static let paper = "Zeiler & Fergus 2014, arXiv:1311.2901, with anatomical regions as windows"
  public static let measure = Relevance.Measure.regional
  public static let options = Fill.options + [Fill.seedOption]
  public static let defaultScore = ScoreKind.probability
  public static let needsAtlas = true

  public init(_ values: OptionValues) throws(PellucidError) { try self.init(fill: try Fill(values)) }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    fill.settings
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    guard let labels = subject.labels else { throw .noRegions(Self.name) }
    let spatial = subject.image.shape.spatial
    let places = LabelPlaces(labels, spatial: spatial)
    let regions = subject.regions.isEmpty ? places.labels : subject.regions.filter { places[$0] != nil }
    let outside = subject.regions.filter { places[$0] == nil }
    guard !regions.isEmpty else { throw .labelsOutside() }
    let occluder = try Occluder(fill, for: subject)
    let scorer = try PerturbationScorer(score, image: subject.image)
    let found = regions.compactMap { places[$0] }
    let scores = try scorer.scores(
      count: found.count, bytesEach: occluder.isSoft ? 4 * labels.count : 0, progress: progress
    ) { occluder.perturbation(found[$0]) }
    var drops: [Int32: Double] = [:]
    for (label, score) in zip(regions, scores) { drops[label] = scorer.baseline - score }
    let map = labels.map { $0 == 0 ? 0 : Float(drops[$0] ?? 0) }
    return Relevance(
      Tensor(map, shape: Shape([1, 1] + spatial)), measure: Self.measure, scoreDrops: drops,
      facts: [.init("regions", .integers([regions.count])), .regionsOutside(outside)]
        + occluder.facts)
  }
}

/// Where each label lies.
struct LabelPlaces {
  private var offsets: [Int32: [Int32]] = [:]
  private let spatial: [Int]

  /// The method with these parameters.
  ///
  /// - Parameter labels: row-major D, H, W; 0: none.
  init(_ labels: [Int32], spatial: [Int]) {
    precondition(labels.count == spatial.reduce(1, *), "labels do not fill the input")
    self.spatial = spatial
    for (offset, label) in labels.enumerated() where label != 0 { offsets[label, default: []].append(Int32(offset)) }
  }

  /// All labels that occur, ascending.
  var labels: [Int32] { offsets.keys.sorted() }

  /// A label's voxels; nil where it has none.
  subscript(label: Int32) -> Perturbation.Place? {
    guard let own = offsets[label] else { return nil }
    var box = Box(lower: spatial, upper: [0, 0, 0])
    for offset in own {
      let index = [
        Int(offset) / (spatial[1] * spatial[2]), Int(offset) / spatial[2] % spatial[1], Int(offset) % spatial[2],
      ]
      for axis in 0..<3 {
        box.lower[axis] = min(box.lower[axis], index[axis])
        box.upper[axis] = max(box.upper[axis], index[axis] + 1)
      }
    }
    return .voxels(own, within: box)
  }
}
