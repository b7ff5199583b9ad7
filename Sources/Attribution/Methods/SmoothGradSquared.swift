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
  /// How many noisy copies there are, and how noisy they are.
  public let gradients: NoisyGradients

  /// The method with these gradients.
  public init(_ gradients: NoisyGradients) { self.gradients = gradients }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SmoothGradSquared: NoisyMethod {
  public static let name = "smoothgrad-squared"
  public static let summary = "the squared gradient averaged over noisy copies of the scan"
  public static let paper = "Hooker et al. 2019, arXiv:1806.10758"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var mean = Tensor(repeating: 0, shape: subject.image.shape, order: .channelsLast)
    let facts = try gradients.walk(subject, score, progress) { (_, gradient) throws(PellucidError) in
      mean.add(gradient, times: 1 / Float(gradients.samples), squared: true)
    }
    return Relevance(mean, measure: Self.measure, facts: facts)
  }
}
