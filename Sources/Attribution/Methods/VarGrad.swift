public import PellucidFaults
internal import PellucidTensors

/// The variance of the gradient over noisy copies of the image: where the network's answer is least straight.
///
///     R = mean over q of (g_q − mean g)²        g_q = ∂s/∂x (x + σ·n_q), n_q standard normal, σ = noise × (max − min of x)
///
/// It says nothing of the sign, and is 0 wherever the network is linear, however much a voxel matters there.
/// - Source: Adebayo et al. 2018, arXiv:1810.03307, as Captum's `NoiseTunnel(nt_type='vargrad')`: the population variance, carried
///   forward by Welford's recurrence (1962), which cancels no digits. The same seed gives the same noise as in SmoothGrad.
/// - Complexity: one forward and backward pass a sample.
public struct VarGrad {
  /// How many noisy copies there are, and how noisy they are.
  public let gradients: NoisyGradients

  /// The method with these gradients.
  public init(_ gradients: NoisyGradients) { self.gradients = gradients }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension VarGrad: NoisyMethod {
  public static let name = "vargrad"
  public static let summary = "the variance of the gradient over noisy copies of the scan"
  public static let paper = "Adebayo et al. 2018, arXiv:1810.03307"
  public static let leastSamples = 2

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var mean = Tensor(repeating: 0, shape: subject.image.shape, order: .channelsLast)
    var squares = mean
    let facts = try gradients.walk(subject, score, progress) { (place, gradient) throws(PellucidError) in
      Tensor.addMoments(of: gradient, after: place, mean: &mean, squares: &squares)
    }
    return Relevance(squares.scaled(by: 1 / Float(gradients.samples)), measure: Self.measure, facts: facts)
  }
}
