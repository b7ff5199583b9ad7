public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// What occluding two regions together does beyond occluding each alone.
///
///     I_ab = s(x) − s(x\a) − s(x\b) + s(x\ab)        I_aa = s(x) − s(x\a), the drop
///
/// x\a is the image with region a at the fill. I_ab is the drop of a plus the drop of b, less the drop of both: positive where the
/// network needs both, so that losing one is as bad as losing two; negative where each stands in for the other. The regions taken are
/// those whose own drop is largest. The map gives a region's voxels its mean |I| over the others; unlabelled voxels and regions not
/// taken get 0.
/// - Source: the second-order finite difference of region occlusion; interactions as Sundararajan et al. 2020, arXiv:1902.05622.
/// - Complexity: a perturbation a region and a pair.
public struct RegionInteraction {
  /// How many regions, those with the largest drops, are blanked in pairs.
  public let top: Int
  /// What regions become.
  public let fill: Fill

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - top: how many regions, those with the largest drops, are blanked in pairs, 2 to 60.
  ///   - fill: what regions become.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(top: Int = 20, fill: Fill = .background) throws(PellucidError) {
    try Self.regionsInPairs.check(top)
    try fill.check()
    self.top = top
    self.fill = fill
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RegionInteraction: AttributionMethod {
  public static let name = "region-interaction"
  public static let summary = "what blanking two regions together does beyond each alone: a matrix"
  public static let paper = "Sundararajan et al. 2020, arXiv:1902.05622, at the whole image"
  public static let measure = Relevance.Measure.regional
  public static let options =
    [MethodOption("top", "N", default: "20", "regions with the largest drops, which are blanked in pairs")]
    + Fill.options + [Fill.seedOption]
  public static let defaultScore = ScoreKind.probability
  public static let needsAtlas = true

  // A heat map has room for so many names.
  private static let regionsInPairs = WholeParameter("top", in: 2...60)

  public init(_ values: OptionValues) throws(PellucidError) {
    try self.init(top: try Self.regionsInPairs.given(values) ?? 20, fill: try Fill(values))
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    fill.settings.merging(["top": "\(top)"])
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    guard let labels = subject.labels else { throw .noRegions(Self.name) }
    let features = try FeatureSet(regionsOf: subject, labels: labels)
    let occluder = try Occluder(fill, for: subject)
    let scorer = try CoalitionScorer(features, of: subject, to: score, occluder)
    let taken = min(top, features.count)
    let (singles, pairs) = (features.count, taken * (taken - 1) / 2)
    let drops = try scorer.scores(
      of: (0..<singles).map { Self.without([$0], of: features.count) },
      progress: PartProgress(whole: progress, before: 0, total: singles + pairs)
    ).map { scorer.baseline - $0 }
    // The largest drops, in the atlas's order.
    let chosen = drops.indices.sorted { a, b in
      let (x, y) = (drops[a].magnitude, drops[b].magnitude)
      return x != y ? x > y : a < b
    }.prefix(taken).sorted()
    let places = (0..<taken).flatMap { a in (a + 1..<max(taken, a + 1)).map { (a, $0) } }
    let together = try scorer.scores(
      of: places.map { Self.without([chosen[$0.0], chosen[$0.1]], of: features.count) },
      progress: PartProgress(whole: progress, before: singles, total: singles + pairs)
    ).map { scorer.baseline - $0 }
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: taken), count: taken)
    for (place, region) in chosen.enumerated() { matrix[place][place] = drops[region] }
    for ((a, b), drop) in zip(places, together) {
      let interaction = drops[chosen[a]] + drops[chosen[b]] - drop
      matrix[a][b] = interaction
      matrix[b][a] = interaction
    }
    var means = [Double](repeating: 0, count: features.count)
    for (place, region) in chosen.enumerated() where taken > 1 {
      let others = matrix[place].enumerated().reduce(0.0) { $1.offset == place ? $0 : $0 + $1.element.magnitude }
      means[region] = others / Double(taken - 1)
    }
    var relevance = Relevance(
      features.map(means), measure: Self.measure,
      facts: [
        .init("regions", .integers([features.count])), .init("regions_in_pairs", .integers([taken])),
        .regionsOutside(features.outside), .init("score", .number(scorer.baseline)),
      ] + occluder.facts)
    relevance.matrix = RegionMatrix(labels: chosen.map { features.labels[$0] }, values: matrix)
    return relevance
  }

  /// Everything but these features.
  private static func without(_ features: [Int], of count: Int) -> Coalition {
    var coalition = Coalition(count, allThere: true)
    for feature in features { coalition[feature] = false }
    return coalition
  }
}
