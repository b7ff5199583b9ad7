package import Faults
internal import Tensors

/// The activations of a layer, weighed by the gradient's mean over each channel's own activation.
///
///     R = ReLU( Σ_k w_k·A_k )        w_k = Σ_v ∂s/∂A_kv·A_kv / Σ_v A_kv        (0 where a channel sums to 0)
///
/// so that, before the ReLU, the cells add up to Σ gradient × activation.
/// - Source: Fu et al. 2020, arXiv:2008.02312.
/// - Complexity: one forward pass, and one backward to the layer.
package struct XGradCAM: AttributionMethod {
  package static let name = "xgrad-cam"
  package static let summary = "grad-cam with the gradient averaged where a channel is active"
  package static let paper = "Fu et al. 2020, arXiv:2008.02312"
  package static let measure = Relevance.Measure.intensive
  package static let options = CamLayers.options
  private let layers: CamLayers

  package init(_ values: OptionValues) throws(PellucidError) { layers = try CamLayers(values) }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) { layer in
      let products = layer.activation.combined(.multiply, with: layer.gradient).meanOverVoxels
      let weights = products.combined(.quotientBeyond(threshold: 0), with: layer.activation.meanOverVoxels)
      return layer.activation.combined(.multiply, with: weights).sumOverChannels
    }
  }
}
