package import Faults
internal import Tensors

/// The squared gradient averaged over noisy copies of the image: how much each voxel matters, whichever way.
///
///     R = mean over q of g_q²        g_q = ∂s/∂x (x + σ·n_q), n_q standard normal, σ = noise × (max − min of x)
///
/// - Source: Hooker et al. 2019, arXiv:1806.10758, as Captum's `NoiseTunnel(nt_type='smoothgrad_sq')`. The same seed gives the same noise
///   as in SmoothGrad and VarGrad.
/// - Complexity: one forward and backward pass a sample.
package struct SmoothGradSquared: AttributionMethod {
  package static let name = "smoothgrad-squared"
  package static let summary = "the squared gradient averaged over noisy copies of the scan"
  package static let paper = "Hooker et al. 2019, arXiv:1806.10758"
  package static let measure = Relevance.Measure.intensive
  package static let options = NoisyGradients.options
  private let gradients: NoisyGradients

  package init(_ values: OptionValues) throws(PellucidError) { gradients = try NoisyGradients(values) }

  package func relevance(
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
