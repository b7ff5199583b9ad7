public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer, weighed by the gradient's mean over each channel's own activation.
///
///     R = ReLU( Σ_k w_k·A_k )        w_k = Σ_v ∂s/∂A_kv·A_kv / Σ_v A_kv        (0 where a channel sums to 0)
///
/// so that, before the ReLU, the cells add up to Σ gradient × activation.
/// - Source: Fu et al. 2020, arXiv:2008.02312.
/// - Complexity: one forward pass, and one backward to the layer.
public struct XGradCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension XGradCAM: LayeredCAM {
  public static let name = "xgrad-cam"
  public static let summary = "grad-cam with the gradient averaged where a channel is active"
  public static let paper = "Fu et al. 2020, arXiv:2008.02312"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) { layer in
      let products = layer.activation.combined(.multiply, with: layer.gradient).meanOverVoxels
      let weights = products.combined(.quotientBeyond(threshold: 0), with: layer.activation.meanOverVoxels)
      return layer.activation.combined(.multiply, with: weights).sumOverChannels
    }
  }
}
