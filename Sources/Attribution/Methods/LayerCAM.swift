package import Faults
internal import Tensors

/// The activations of a layer times the positive part of the score's gradient there, cell by cell.
///
///     R = ReLU( Σ_k ReLU(∂s/∂A_k) ⊙ A_k ), brought to the input's grid trilinearly
///
/// Also earlier layers, of finer cells, give sensible maps.
/// - Source: Jiang et al. 2021, doi:10.1109/TIP.2021.3089943.
/// - Complexity: one forward pass, and one backward to the layer.
package struct LayerCAM: AttributionMethod {
  package static let name = "layercam"
  package static let summary = "a layer's activations times the positive gradient, cell by cell; for finer layers too"
  package static let paper = "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943"
  package static let measure = Relevance.Measure.intensive
  package static let options = CamLayers.options
  private let layers: CamLayers

  package init(_ values: OptionValues) throws(PellucidError) { layers = try CamLayers(values) }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) {
      $0.activation.combined(.multiply, with: $0.gradient.clamped(low: 0)).sumOverChannels
    }
  }
}
