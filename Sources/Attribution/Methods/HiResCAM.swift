package import Faults
internal import Tensors

/// The activations of a layer times the score's gradient there, cell by cell.
///
///     R = ReLU( Σ_k ∂s/∂A_k ⊙ A_k ), brought to the input's grid trilinearly
///
/// Before the ReLU, which pytorch-grad-cam has too, the cells of the layer before a dense head add up to the score without its bias.
/// - Source: Draelos & Carin 2020, arXiv:2011.08891.
/// - Complexity: one forward pass, and one backward to the layer.
package struct HiResCAM: AttributionMethod {
  package static let name = "hirescam"
  package static let summary = "a layer's activations times the gradient, cell by cell"
  package static let paper = "Draelos & Carin 2020, arXiv:2011.08891"
  package static let measure = Relevance.Measure.intensive
  package static let options = CamLayers.options
  private let layers: CamLayers

  package init(_ values: OptionValues) throws(PellucidError) { layers = try CamLayers(values) }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) {
      $0.activation.combined(.multiply, with: $0.gradient).sumOverChannels
    }
  }
}
