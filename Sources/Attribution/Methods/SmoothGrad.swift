public import PellucidFaults
internal import PellucidTensors

/// The gradient averaged over noisy copies of the image.
///
///     R = mean over q of g_q        g_q = ∂s/∂x (x + σ·n_q), n_q standard normal, σ = noise × (max − min of x)
///
/// - Source: Smilkov et al. 2017, arXiv:1706.03825. The same seed gives the same map.
/// - Complexity: one forward and backward pass a sample.
public struct SmoothGrad {
  /// How many noisy copies there are, and how noisy they are.
  public let gradients: NoisyGradients

  /// The method with these gradients.
  public init(_ gradients: NoisyGradients) { self.gradients = gradients }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SmoothGrad: NoisyMethod {
  public static let name = "smoothgrad"
  public static let summary = "the gradient averaged over noisy copies of the scan"
  public static let paper = "Smilkov et al. 2017, arXiv:1706.03825"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var mean = Tensor(repeating: 0, shape: subject.image.shape, order: .channelsLast)
    let facts = try gradients.walk(subject, score, progress) { (_, gradient) throws(PellucidError) in
      mean.add(gradient, times: 1 / Float(gradients.samples))
    }
    return Relevance(mean, measure: Self.measure, facts: facts)
  }
}
