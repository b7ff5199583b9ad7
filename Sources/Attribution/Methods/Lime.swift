public import PellucidFaults
internal import PellucidTensors

/// Coefficients of a linear model that imitates the network near the image, in terms of which features are there.
///
///     β = argmin Σ_n w_n·(s(x_n) − β₀ − z_n·β)² + |β|²        w_n = exp(−d_n² / 2σ²), σ = 0.25
///
/// z_n says which features of sample n are there (each with probability ½; the first sample has all), the others have the fill;
/// d_n = 1 − cos(z_n, 1) is the share that is missing, as a cosine distance. Every voxel of a feature gets its coefficient.
/// - Source: Ribeiro et al. 2016, arXiv:1602.04938; kernel, ridge penalty and R² as in the authors' `lime_image`, without its
///   choice of features.
/// - Complexity: a pass a sample; half of the features change, so little can be saved.
public struct Lime {
  /// How much is sampled, of which features, and what absent ones become.
  public let sampling: CoalitionSampling

  /// The method with this sampling.
  public init(_ sampling: CoalitionSampling) { self.sampling = sampling }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Lime: DrawnCoalitionMethod {
  public static let name = "lime"
  public static let summary = "coefficients of a linear model fitted to the score with features present or absent"
  public static let paper = "Ribeiro et al. 2016, arXiv:1602.04938"
  public static let measure = Relevance.Measure.regional
  static let kernelWidth = 0.25

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let occluder = try sampling.features.occluder(for: subject)
    let features = try sampling.features.features(of: subject, occluder)
    let scorer = try CoalitionScorer(features, of: subject, to: score, occluder)
    var random = UniformNumbers(seed: sampling.features.seed)
    var coalitions = [Coalition(features.count, allThere: true)]
    for _ in 1..<samples {
      var coalition = Coalition(features.count, allThere: false)
      for feature in 0..<features.count { coalition[feature] = random.next() < 0.5 }
      coalitions.append(coalition)
    }
    let scores = try scorer.scores(of: coalitions, progress: progress)
    let weights = coalitions.map(Self.weight)
    guard let fit = WeightedRidge(coalitions.map(\.row), scores, weights: weights, alpha: 1) else {
      throw .samplesDoNotDetermine(features.count, samples: samples)
    }
    return Relevance(
      features.map(fit.coefficients), measure: Self.measure,
      facts: sampling.features.facts(features, occluder) + [
        .init("samples", .integers([samples])), .init("r2", .number(fit.r2)),
        .init("intercept", .number(fit.intercept)),
        .init("prediction", .number(fit.intercept + fit.coefficients.reduce(0, +))),
        .init("score", .number(scorer.baseline)),
      ])
  }

  /// The kernel's value for the share of features that is there: cos(z, 1) = √(size / count).
  package static func weight(_ coalition: Coalition) -> Double {
    let distance = 1 - (Double(coalition.size) / Double(coalition.count)).squareRoot()
    return exponential(-distance * distance / (2 * kernelWidth * kernelWidth))
  }
}
