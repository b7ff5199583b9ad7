public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer times the positive part of the score's gradient there, cell by cell.
///
///     R = ReLU( Σ_k ReLU(∂s/∂A_k) ⊙ A_k ), brought to the input's grid trilinearly
///
/// Also earlier layers, of finer cells, give sensible maps.
/// - Source: Jiang et al. 2021, doi:10.1109/TIP.2021.3089943.
/// - Complexity: one forward pass, and one backward to the layer.
public struct LayerCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension LayerCAM: LayeredCAM {
  public static let name = "layercam"
  public static let summary = "a layer's activations times the positive gradient, cell by cell; for finer layers too"
  public static let paper = "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) {
      $0.activation.combined(.multiply, with: $0.gradient.clamped(low: 0)).sumOverChannels
    }
  }
}
