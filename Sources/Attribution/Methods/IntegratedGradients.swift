package import Faults
internal import Tensors

/// The mean gradient on the straight path from a baseline to the image, times their difference.
///
///     R = (x − x₀) · Σ_q w_q · ∂s/∂x (x₀ + t_q·(x − x₀))        places t_q and weights w_q on [0, 1]
///
/// Σ R = s(x) − s(x₀) up to the quadrature's error, which is reported.
/// - Source: Sundararajan et al. 2017, arXiv:1703.01365; places as Captum's `method='gausslegendre'` and `'riemann_trapezoid'`. Captum's
///   trapezoid has step 1/n for n points, so that its weights sum to 1 − 1/n; here they sum to 1.
/// - Complexity: one forward and backward pass a step, and one forward pass of two images.
package struct IntegratedGradients: AttributionMethod {
  package static let name = "integrated-gradients"
  package static let summary = "gradients averaged from a baseline to the image, times the difference"
  package static let paper = "Sundararajan et al. 2017, arXiv:1703.01365"
  package static let measure = Relevance.Measure.extensive
  package static let options =
    [
      MethodOption("steps", "N", default: "50", "points on the path"),
      MethodOption(
        "quadrature", "gauss-legendre|trapezoid", default: "gauss-legendre",
        "where the points lie and what each weighs"),
    ] + Baseline.options
  private let steps: Int
  private let quadrature: Quadrature
  private let baseline: Baseline

  package init(_ values: OptionValues) throws(PellucidError) {
    quadrature = try values.choice("quadrature", default: .gaussLegendre)
    // A trapezoid has two ends.
    steps = try values.integer("steps", default: 50, least: quadrature == .trapezoid ? 2 : 1, most: 10_000)
    baseline = try Baseline(values)
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let image = subject.image.ordered(.channelsLast)
    let begin = try baseline.image(for: subject)
    let start = begin.image
    let difference = image.combined(.subtract, with: start)
    var mean = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
    let nodes = quadrature.nodes(steps)
    try score.gradients(
      steps, progress: progress,
      image: { (step) throws(PellucidError) in
        difference.combined(.scaledSum(factor: Float(nodes[step].place)), with: start)
      },
      each: { (step, gradient) throws(PellucidError) in
        mean = gradient.combined(.scaledSum(factor: Float(nodes[step].weight)), with: mean)
      })
    let map = mean.combined(.multiply, with: difference)
    let scores = try score.scores(ofImages: Tensor.joined([image, start]))
    let completeness = Completeness(of: map, difference: scores[0] - scores[1])
    var relevance = Relevance(
      map, measure: Self.measure,
      facts: begin.facts + [.init("score_of_baseline", .number(scores[1])), completeness.fact])
    relevance.notes = begin.notes + completeness.notes(Self.name, how: "take more --steps")
    return relevance
  }
}
