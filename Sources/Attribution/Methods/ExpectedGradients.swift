public import PellucidFaults
internal import PellucidTensors

/// Integrated gradients averaged over many baselines: the scans of a folder.
///
///     R = mean over baselines b and places t of (x − b) · ∂s/∂x (b + t·(x − b))        t uniform on [0, 1]
///
/// Every baseline gets equally many places, one drawn from each of as many equal parts of [0, 1], so that none is left out and the mean
/// varies less than with free draws. Σ R tends to s(x) − mean s(b); what it lacks is reported.
/// - Source: Erion et al. 2021, arXiv:1906.10670, whose expectation Captum's `GradientShap` draws freely (with noise 0).
/// - Complexity: one forward and backward pass a sample, and a forward pass a baseline.
public struct ExpectedGradients {
  /// The folder of scans to compare with.
  public let baselines: String
  /// Points in all; they are rounded up to equally many on the path from each baseline.
  public let samples: Int
  /// Start of the random numbers.
  public let seed: Int

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - baselines: a folder of scans to compare with, each prepared as the card says; every one is used.
  ///   - samples: points in all, 1 to 100,000; they are rounded up to equally many on the path from each baseline.
  ///   - seed: start of the random numbers.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(baselines: String, samples: Int = 50, seed: Int = 0) throws(PellucidError) {
    try Self.points.check(samples)
    try WholeParameter.seed.check(seed)
    self.baselines = baselines
    self.samples = samples
    self.seed = seed
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ExpectedGradients: AttributionMethod {
  public static let name = "expected-gradients"
  public static let summary = "integrated gradients averaged over the scans of a folder as baselines"
  public static let paper = "Erion et al. 2021, arXiv:1906.10670"
  public static let measure = Relevance.Measure.extensive
  public static let options = [
    MethodOption(
      "baselines", "FOLDER", default: "none; it must be given",
      "a folder of scans to compare with, each prepared as the card says; every one is used"),
    MethodOption(
      "samples", "N", default: "50", "points in all, rounded up to equally many on the path from each baseline"),
    MethodOption("seed", "N", default: "0", "start of the random numbers"),
  ]

  private static let points = WholeParameter("samples", in: 1...100_000)

  public init(_ values: OptionValues) throws(PellucidError) {
    guard let folder = values.text("baselines") else { throw .noBaselines() }
    try self.init(
      baselines: folder, samples: try Self.points.given(values) ?? 50, seed: try WholeParameter.seed.given(values) ?? 0)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    ["baselines": baselines, "samples": "\(samples)", "seed": "\(seed)"]
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    guard let reader = subject.files else { throw .fileNeedsReader(baselines) }
    let files = try reader.scans(inFolder: baselines)
    let places = (samples + files.count - 1) / files.count
    let image = subject.image.ordered(.channelsLast)
    var random = UniformNumbers(seed: seed)
    var map = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
    var scores = 0.0
    let factor = 1 / Float(files.count * places)
    for (number, file) in files.enumerated() {
      let start = try reader.input(of: file, placed: false).image.ordered(.channelsLast)
      guard start.shape == image.shape else { throw .baselineShape(file, start.shape, wanted: image.shape) }
      scores += try score.scores(ofImages: start)[0]
      var sum = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
      let part = PartProgress(whole: progress, before: number * places, total: files.count * places)
      try score.gradients(
        places, progress: part,
        image: { (place) throws(PellucidError) in
          let t = (Double(place) + random.next()) / Double(places)
          return start.interpolated(towards: image, by: Float(t))
        }, each: { (_, gradient) throws(PellucidError) in sum.add(gradient, times: factor) })
      sum.combineInPlace(.multiply, with: image.combined(.subtract, with: start))
      map.combineInPlace(.add, with: sum)
    }
    let mean = scores / Double(files.count)
    let own = try score.scores(ofImages: image)[0]
    let completeness = Completeness(of: map, difference: own - mean)
    var relevance = Relevance(
      map, measure: Self.measure,
      facts: [
        .init("baselines", .integers([files.count])), .init("samples", .integers([files.count * places])),
        .init("mean_score_of_baselines", .number(mean)), completeness.fact,
      ])
    relevance.notes += completeness.notes(Self.name, how: "take more `samples`")
    return relevance
  }
}

extension PellucidError {
  static func noBaselines() -> Self {
    .init(.usage, what: "expected-gradients needs baselines", remedy: "name a folder of scans with `baselines`")
  }
}
