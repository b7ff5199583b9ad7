public import PellucidFaults
internal import PellucidTensors

/// The mean gradient on the straight path from a baseline to the image, times their difference.
///
///     R = (x − x₀) · Σ_q w_q · ∂s/∂x (x₀ + t_q·(x − x₀))        places t_q and weights w_q on [0, 1]
///
/// Σ R = s(x) − s(x₀) up to the quadrature's error, which is reported.
/// - Source: Sundararajan et al. 2017, arXiv:1703.01365; places as Captum's `method='gausslegendre'` and `'riemann_trapezoid'`. Captum's
///   trapezoid has step 1/n for n points, so that its weights sum to 1 − 1/n; here they sum to 1.
/// - Complexity: one forward and backward pass a step, and one forward pass of two images.
public struct IntegratedGradients {
  /// Points on the path.
  public let steps: Int
  /// Where the points lie and what each weighs.
  public let quadrature: Quadrature
  /// Where the path begins.
  public let baseline: Baseline

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - steps: points on the path, 1 (of a trapezoid 2) to 10,000.
  ///   - quadrature: where the points lie and what each weighs.
  ///   - baseline: where the path begins.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(
    steps: Int = 50, quadrature: Quadrature = .gaussLegendre, baseline: Baseline = .value(0)
  ) throws(PellucidError) {
    try Self.points(quadrature).check(steps)
    try baseline.check()
    self.steps = steps
    self.quadrature = quadrature
    self.baseline = baseline
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension IntegratedGradients: AttributionMethod {
  public static let name = "integrated-gradients"
  public static let summary = "gradients averaged from a baseline to the image, times the difference"
  public static let paper = "Sundararajan et al. 2017, arXiv:1703.01365"
  public static let measure = Relevance.Measure.extensive
  public static let options =
    [
      MethodOption("steps", "N", default: "50", "points on the path"),
      MethodOption(
        "quadrature", "gauss-legendre|trapezoid", default: "gauss-legendre",
        "where the points lie and what each weighs"),
    ] + Baseline.options

  public init(_ values: OptionValues) throws(PellucidError) {
    let quadrature = try values.choice("quadrature") ?? Quadrature.gaussLegendre
    try self.init(
      steps: try Self.points(quadrature).given(values) ?? 50, quadrature: quadrature, baseline: try Baseline(values))
  }

  // A trapezoid has two ends.
  private static func points(_ quadrature: Quadrature) -> WholeParameter {
    WholeParameter("steps", in: (quadrature == .trapezoid ? 2 : 1)...10_000)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    baseline.settings.merging(["steps": "\(steps)", "quadrature": quadrature.rawValue])
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let image = subject.image.ordered(.channelsLast)
    let begin = try baseline.image(for: subject)
    let start = begin.image
    var mean = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
    let nodes = quadrature.nodes(steps)
    try score.gradients(
      steps, progress: progress,
      image: { (step) throws(PellucidError) in
        start.interpolated(towards: image, by: Float(nodes[step].place))
      },
      each: { (step, gradient) throws(PellucidError) in
        mean.add(gradient, times: Float(nodes[step].weight))
      })
    let map = mean.combined(.multiply, with: image.combined(.subtract, with: start))
    let scores = try score.scores(ofImages: Tensor.joined([image, start]))
    let completeness = Completeness(of: map, difference: scores[0] - scores[1])
    var relevance = Relevance(
      map, measure: Self.measure,
      facts: begin.facts + [.init("score_of_baseline", .number(scores[1])), completeness.fact])
    relevance.notes = begin.notes + completeness.notes(Self.name, how: "take more `steps`")
    return relevance
  }
}
