public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// How high the score is, on average, where a voxel is let through by smooth random masks.
///
///     R_v = 1 / (N·p) · Σ_n s(m_n·x + (1 − m_n)·fill) · m_n(v)
///
/// All values have the sign of the score and a common offset: what counts is where R is higher than elsewhere.
/// Masks fade to the fill by themselves, so there is no feather.
/// - Source: Petsiuk et al. 2018, arXiv:1806.07421, with masks in three dimensions; `SmoothMask` says how they are made.
/// - Complexity: a whole pass a mask.
public struct Rise {
  /// Random masks.
  public let masks: Int
  /// Cells of the masks' coarse grid along each axis.
  public let cells: Int
  /// How likely a cell is let through.
  public let probability: Float
  /// What is not let through becomes this; its border, which masks have by themselves, is not used.
  public let fill: Fill
  /// Start of the random numbers, also of the fill's noise.
  public let seed: Int

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - masks: random masks, 1 to 1,000,000.
  ///   - cells: cells of the masks' coarse grid along each axis, 2 to 64.
  ///   - probability: how likely a cell is let through, 0.01 to 0.99.
  ///   - fill: what is not let through becomes this; its border, which masks have by themselves, is not used.
  ///   - seed: start of the random numbers, also of the fill's noise.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(
    masks: Int = 1000, cells: Int = 7, probability: Float = 0.5, fill: Fill = .background, seed: Int = 0
  ) throws(PellucidError) {
    try Self.masksRange.check(masks)
    try Self.cellsRange.check(cells)
    try ParameterCheck.number("probability", probability, in: 0.01...0.99, "a number between 0.01 and 0.99")
    self.masks = masks
    self.cells = cells
    self.probability = probability
    self.fill = fill.feathered(0).seeded(seed)
    self.seed = seed
    try self.fill.check()
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Rise: AttributionMethod {
  public static let name = "rise"
  public static let summary = "the mean score over smooth random masks that let a voxel through"
  public static let paper = "Petsiuk et al. 2018, arXiv:1806.07421"
  public static let measure = Relevance.Measure.intensive
  public static let options =
    [
      MethodOption("masks", "N", default: "1000", "random masks"),
      MethodOption("cells", "N", default: "7", "cells of the masks' coarse grid along each axis"),
      MethodOption("probability", "F", default: "0.5", "how likely a cell is let through"),
    ] + Fill.options.filter { $0.name != "feather" } + [Fill.seedOption]
  public static let defaultScore = ScoreKind.probability

  private static let bytesOfGrids = 16 << 20
  private static let masksRange = WholeParameter("masks", in: 1...1_000_000)
  private static let cellsRange = WholeParameter("cells", in: 2...64)

  public init(_ values: OptionValues) throws(PellucidError) {
    try self.init(
      masks: try Self.masksRange.given(values) ?? 1000, cells: try Self.cellsRange.given(values) ?? 7,
      probability: try values.number("probability") ?? 0.5, fill: try Fill(values),
      seed: try WholeParameter.seed.given(values) ?? 0)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    var settings = fill.settings.restricted(to: Self.options)
    settings["masks"] = "\(masks)"
    settings["cells"] = "\(cells)"
    settings["probability"] = probability.optionText
    settings["seed"] = "\(seed)"
    return settings
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let spatial = subject.image.shape.spatial
    let image = subject.image.ordered(.channelsLast)
    let occluder = try Occluder(fill, for: subject)
    let scorer = try WholeImageScorer(score, image: image)
    // What is kept of a mask is its grid.
    let size = max(1, Self.bytesOfGrids / (4 * cells * cells * cells))
    var random = UniformNumbers(seed: seed)
    var sums = [Double](repeating: 0, count: image.shape.voxels)
    var done = 0
    while done < masks {
      let round = (0..<min(size, masks - done)).map { _ in
        SmoothMask(&random, cells: cells, extents: spatial, probability: Double(probability))
      }
      let part = PartProgress(whole: progress, before: done, total: masks)
      let scores = try scorer.scores(round.count, progress: part) { occluder.masked(image, by: round[$0]) }
      SmoothMask.add(round, times: scores, to: &sums)
      done += round.count
    }
    let factor = 1 / (Double(masks) * Double(probability))
    return Relevance(
      Tensor(sums.map { Float($0 * factor) }, shape: Shape([1, 1] + spatial)), measure: Self.measure,
      facts: [.init("masks", .integers([masks])), .init("score", .number(scorer.baseline))] + occluder.facts)
  }
}
