package import Faults
internal import Tensors

/// The mean gradient on the straight path from a baseline to the image, times their difference.
///
///     R = (x − x₀) · Σ_q w_q · ∂s/∂x (x₀ + t_q·(x − x₀))        Gauss–Legendre nodes t_q, weights w_q on [0, 1]
///
/// Σ R = s(x) − s(x₀) up to the quadrature's error.
/// - Source: Sundararajan et al. 2017, arXiv:1703.01365; nodes as Captum's `method='gausslegendre'`.
/// - Complexity: one forward and backward pass a step.
package struct IntegratedGradients: AttributionMethod {
  package static let name = "integrated-gradients"
  package static let summary = "gradients averaged from a baseline to the image, times the difference"
  package static let paper = "Sundararajan et al. 2017, arXiv:1703.01365"
  package static let options = [
    MethodOption("steps", "N", default: "50", "points on the path (Gauss–Legendre)"),
    MethodOption("baseline", "VALUE", default: "0", "the image where the path begins, in normalized units"),
  ]
  private let steps: Int
  private let baseline: Float

  package init(_ values: OptionValues) throws(PellucidError) {
    steps = try values.integer("steps", default: 50, least: 1, most: 10_000)
    baseline = try values.number("baseline") ?? 0
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let image = subject.image.ordered(.channelsLast)
    let start = Tensor(repeating: baseline, shape: image.shape, order: .channelsLast)
    let difference = image.combined(.subtract, with: start)
    var mean = Tensor(repeating: 0, shape: image.shape, order: .channelsLast)
    for (index, node) in GaussLegendre.nodes(steps).enumerated() {
      let point = difference.combined(.scaledSum(factor: Float(node.place)), with: start)
      let gradient = try score.gradient(at: point).ordered(.channelsLast)
      mean = gradient.combined(.scaledSum(factor: Float(node.weight)), with: mean)
      progress.advanced(to: index + 1, of: steps)
    }
    let map = mean.combined(.multiply, with: difference)
    let scores = try (score.scores(ofImages: image)[0], score.scores(ofImages: start)[0])
    let residual = map.sum - (scores.0 - scores.1)
    return Relevance(
      map, measure: .extensive,
      facts: [("score_of_baseline", .number(scores.1)), ("completeness_residual", .number(residual))])
  }
}

/// Nodes and weights of Gauss–Legendre quadrature on [0, 1].
package enum GaussLegendre {
  /// The zeros of the Legendre polynomial of degree `count`, by Newton's method from Tricomi's first guess.
  package static func nodes(_ count: Int) -> [(place: Double, weight: Double)] {
    (0..<count).map { i in
      var x = cosine(Double.pi * (Double(count - 1 - i) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (previous, current) = (1.0, x)
        for k in 1..<max(count, 1) {
          (previous, current) = (current, (Double(2 * k + 1) * x * current - Double(k) * previous) / Double(k + 1))
        }
        slope = Double(count) * (x * current - previous) / (x * x - 1)
        let step = current / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      return ((1 + x) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }
}
