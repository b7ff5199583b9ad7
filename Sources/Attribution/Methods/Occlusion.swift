public import PellucidFaults
package import PellucidNetworks
internal import PellucidTensors

/// How much the score falls when a window of the image is blanked, averaged over the windows that cover a voxel.
///
///     R_v = mean over windows w ∋ v of s(x) − s(x with w set to the fill)
///
/// Windows start at 0 and step by the stride until the axis is covered; the last is cut at the border; one that is larger than an
/// axis covers it whole; where the stride is longer than the window, what lies between gets 0. With a feather, a voxel's
/// mean is still over the windows that hold it, not over their soft borders.
/// - Source: Zeiler & Fergus 2014, arXiv:1311.2901; windows as Captum's `Occlusion`.
public struct Occlusion {
  /// Window size in voxels along i, j, k of the model's grid.
  public let patch: VoxelCounts
  /// Step between windows.
  public let stride: VoxelCounts
  /// What a window becomes.
  public let fill: Fill
  /// What a window is blanked in.
  public let images: BlankedImages

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - patch: window size in voxels along i, j, k of the model's grid.
  ///   - stride: step between windows; nil: half of the window.
  ///   - fill: what a window becomes.
  ///   - images: what a window is blanked in.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(
    patch: VoxelCounts = 16, stride: VoxelCounts? = nil, fill: Fill = .background,
    images: BlankedImages = .all
  ) throws(PellucidError) {
    let stride = stride ?? patch.map { max(1, $0 / 2) }
    try ParameterCheck.positive("patch", patch)
    try ParameterCheck.positive("stride", stride)
    try fill.check()
    self.patch = patch.map { min($0, Self.longest) }
    self.stride = stride.map { min($0, Self.longest) }
    self.fill = fill
    self.images = images
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Occlusion: AttributionMethod {
  public static let name = "occlusion"
  public static let summary = "how much the score falls when a window is blanked"
  public static let paper = "Zeiler & Fergus 2014, arXiv:1311.2901"
  public static let measure = Relevance.Measure.intensive
  public static let options =
    [
      MethodOption(
        "patch", "N|i,j,k", default: "16", "window size in voxels along i, j, k of the model's grid"),
      MethodOption("stride", "N|i,j,k", default: "patch/2", "step between windows"), BlankedImages.option,
    ] + Fill.options + [Fill.seedOption]
  public static let defaultScore = ScoreKind.probability
  /// No axis is longer than that.
  private static let longest = 1 << 20

  public init(_ values: OptionValues) throws(PellucidError) {
    try self.init(
      patch: try values.counts("patch") ?? 16, stride: try values.counts("stride"), fill: try Fill(values),
      images: try BlankedImages(values) ?? .all)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    fill.settings.merging(["patch": "\(patch)", "stride": "\(stride)", "blank": images.rawValue])
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let spatial = subject.image.shape.spatial
    let windows = Self.windows(
      over: spatial, patch: subject.gridAxes.map { patch.axes[$0] },
      stride: subject.gridAxes.map { stride.axes[$0] })
    let occluder = try Occluder(fill, for: subject)
    let scorer = try PerturbationScorer(score, image: subject.image)
    let parts = images.parts(of: subject)
    let perturbations = parts.flatMap { occluder.only($0, of: subject.image).perturbations(ofBoxes: windows) }
    let drops = try scorer.scores(of: perturbations, progress: progress).map { scorer.baseline - $0 }
    let maps = parts.indices.map { part in
      Box.means(of: Array(drops[(part * windows.count)..<((part + 1) * windows.count)]), over: windows, grid: spatial)
    }
    let map = maps[0]
    var relevance = Relevance(
      BlankedImages.joined(maps.map(\.values), of: parts), measure: Self.measure,
      facts: [.init("windows", .integers([windows.count]))] + occluder.facts)
    if map.uncovered > 0 {
      relevance.notes.append(
        Note(
          what:
            "\(map.uncovered) of the \(map.values.count) voxels lie in no window, since the stride is longer than the window",
          how: "they get 0; a `stride` of at most `patch` covers all"))
    }
    return relevance
  }

  /// The windows in order, W fastest.
  package static func windows(over spatial: [Int], patch: [Int], stride: [Int]) -> [Box] {
    let spans = (0..<3).map { axis -> [Range<Int>] in
      let size = min(patch[axis], spatial[axis])
      let count = (spatial[axis] - size + stride[axis] - 1) / stride[axis] + 1
      // A stride longer than the window may lead beyond the border.
      return (0..<count).map { $0 * stride[axis] }.filter { $0 < spatial[axis] }.map {
        $0..<min($0 + size, spatial[axis])
      }
    }
    return spans[0].flatMap { d in
      spans[1].flatMap { h in
        spans[2].map { w in
          Box(lower: [d.lowerBound, h.lowerBound, w.lowerBound], upper: [d.upperBound, h.upperBound, w.upperBound])
        }
      }
    }
  }
}
