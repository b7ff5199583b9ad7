package import Faults
internal import Tensors

/// The gradient averaged over noisy copies of the image.
///
///     R = mean over q of g_q        g_q = ∂s/∂x (x + σ·n_q), n_q standard normal, σ = noise × (max − min of x)
///
/// - Source: Smilkov et al. 2017, arXiv:1706.03825. The same seed gives the same map.
/// - Complexity: one forward and backward pass a sample.
package struct SmoothGrad: AttributionMethod {
  package static let name = "smoothgrad"
  package static let summary = "the gradient averaged over noisy copies of the scan"
  package static let paper = "Smilkov et al. 2017, arXiv:1706.03825"
  package static let measure = Relevance.Measure.intensive
  package static let options = NoisyGradients.options
  private let gradients: NoisyGradients

  package init(_ values: OptionValues) throws(PellucidError) { gradients = try NoisyGradients(values) }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var mean = Tensor(repeating: 0, shape: subject.image.shape, order: .channelsLast)
    let facts = try gradients.walk(subject, score, progress) { (_, gradient) throws(PellucidError) in
      mean = gradient.combined(.scaledSum(factor: 1 / Float(gradients.samples)), with: mean)
    }
    return Relevance(mean, measure: Self.measure, facts: facts)
  }
}
