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
  /// What a region is blanked in; the table's drops are those of all images together.
  public let images: BlankedImages

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - fill: what a region becomes.
  ///   - images: what a region is blanked in.
  /// - Throws: `.usage` for a number of the fill that is out of bounds, naming the parameter.
  public init(fill: Fill = .background, images: BlankedImages = .all) throws(PellucidError) {
    try fill.check()
    self.fill = fill
    self.images = images
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RegionOcclusion: AttributionMethod {
  public static let name = "region-occlusion"
  public static let summary = "how much the score falls when a region of an atlas is blanked"
  public static let paper = "Zeiler & Fergus 2014, arXiv:1311.2901, with anatomical regions as windows"
  public static let measure = Relevance.Measure.regional
  public static let options = [BlankedImages.option] + Fill.options + [Fill.seedOption]
  public static let defaultScore = ScoreKind.probability
  public static let needsAtlas = true

  public init(_ values: OptionValues) throws(PellucidError) {
    try self.init(fill: try Fill(values), images: try BlankedImages(values) ?? .all)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    fill.settings.merging(["blank": images.rawValue])
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
    // The table's drops are those of all images; with a map for each image they are scored as well.
    let parts = images.parts(of: subject)
    let whole = 0..<subject.image.shape[1]
    let occluders = ([whole] + (parts.count > 1 ? parts : [])).map { occluder.only($0, of: subject.image) }
    let scores = try scorer.scores(
      count: found.count * occluders.count, bytesEach: occluder.isSoft ? 4 * labels.count : 0, progress: progress
    ) { occluders[$0 / found.count].perturbation(found[$0 % found.count]) }
    let drops = occluders.indices.map { part in
      Dictionary(
        uniqueKeysWithValues: regions.indices.map { (regions[$0], scorer.baseline - scores[part * found.count + $0]) })
    }
    let maps = (parts.count > 1 ? Array(drops.dropFirst()) : drops).map { drops in
      // Neighbours mostly have the same label.
      var (known, drop): (Int32, Float) = (0, 0)
      let values = labels.map { label in
        if label != known { (known, drop) = (label, label == 0 ? 0 : Float(drops[label] ?? 0)) }
        return drop
      }
      return Tensor(values, shape: Shape([1, 1] + spatial))
    }
    return Relevance(
      BlankedImages.joined(maps, of: parts), measure: Self.measure, scoreDrops: drops[0],
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
    // Neighbours mostly have the same label: a run of it is entered at once.
    var start = 0
    while start < labels.count {
      let label = labels[start]
      var end = start + 1
      while end < labels.count, labels[end] == label { end += 1 }
      if label != 0 { offsets[label, default: []].append(contentsOf: Int32(start)..<Int32(end)) }
      start = end
    }
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
