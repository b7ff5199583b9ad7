public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer times the score's gradient there, cell by cell.
///
///     R = ReLU( Σ_k ∂s/∂A_k ⊙ A_k ), brought to the input's grid trilinearly
///
/// Before the ReLU, which pytorch-grad-cam has too, the cells of the layer before a dense head add up to the score without its bias.
/// - Source: Draelos & Carin 2020, arXiv:2011.08891.
/// - Complexity: one forward pass, and one backward to the layer.
public struct HiResCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension HiResCAM: LayeredCAM {
  public static let name = "hirescam"
  public static let summary = "a layer's activations times the gradient, cell by cell"
  public static let paper = "Draelos & Carin 2020, arXiv:2011.08891"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) {
      $0.activation.combined(.multiply, with: $0.gradient).sumOverChannels
    }
  }
}
