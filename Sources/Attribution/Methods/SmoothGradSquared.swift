public import PellucidFaults
internal import PellucidTensors

/// The squared gradient averaged over noisy copies of the image: how much each voxel matters, whichever way.
///
///     R = mean over q of g_q²        g_q = ∂s/∂x (x + σ·n_q), n_q standard normal, σ = noise × (max − min of x)
///
/// - Source: Hooker et al. 2019, arXiv:1806.10758, as Captum's `NoiseTunnel(nt_type='smoothgrad_sq')`. The same seed gives the same noise
///   as in SmoothGrad and VarGrad.
/// - Complexity: one forward and backward pass a sample.
public struct SmoothGradSquared {
  private let gradients: NoisyGradients
  /// Noisy copies.
  public var samples: Int { gradients.samples }
  /// Standard deviation of the noise as a part of the input's range.
  public var noise: Float { gradients.noise }
  /// Start of the random numbers.
  public var seed: Int { gradients.seed }

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - samples: noisy copies, 1 to 100,000.
  ///   - noise: standard deviation as a part of the input's range, 0 to 100.
  ///   - seed: start of the random numbers.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(samples: Int = 25, noise: Float = 0.1, seed: Int = 0) throws(PellucidError) {
    gradients = try NoisyGradients(samples: samples, noise: noise, seed: seed)
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SmoothGradSquared: AttributionMethod {
  public static let name = "smoothgrad-squared"
  public static let summary = "the squared gradient averaged over noisy copies of the scan"
  public static let paper = "Hooker et al. 2019, arXiv:1806.10758"
  public static let measure = Relevance.Measure.intensive
  public static let options = NoisyGradients.options

  public init(_ values: OptionValues) throws(PellucidError) { gradients = try NoisyGradients(values) }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    gradients.settings
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var mean = Tensor(repeating: 0, shape: subject.image.shape, order: .channelsLast)
    let facts = try gradients.walk(subject, score, progress) { (_, gradient) throws(PellucidError) in
      let square = gradient.combined(.multiply, with: gradient)
      mean = square.combined(.scaledSum(factor: 1 / Float(gradients.samples)), with: mean)
    }
    return Relevance(mean, measure: Self.measure, facts: facts)
  }
}
