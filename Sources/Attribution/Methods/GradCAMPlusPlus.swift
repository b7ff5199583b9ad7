public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer, weighed by its positive gradients, each counted by how much of the score's curvature it carries.
///
///     R = ReLU( Σ_k w_k·A_k )        w_k = Σ_v α_kv·ReLU(g_kv)        α_kv = g_kv² / (2·g_kv² + g_kv³·Σ_u A_ku)        g = ∂s/∂A
///
/// which is α = 1 / (2 + g·Σ A). pytorch-grad-cam adds 1e-6 to the denominator, which decides the map where gradients are small; the
/// paper has no such term. It supposes activations of one sign (behind a ReLU): elsewhere 2 + g·Σ A may come near 0.
/// - Source: Chattopadhay et al. 2018, arXiv:1710.11063, equations 11 and 19.
/// - Complexity: one forward pass, and one backward to the layer.
public struct GradCAMPlusPlus {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GradCAMPlusPlus: LayeredCAM {
  public static let name = "grad-cam-plus-plus"
  public static let summary = "grad-cam with positive gradients weighed cell by cell, for several places of one kind"
  public static let paper = "Chattopadhay et al. 2018, arXiv:1710.11063"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) { layer in
      let voxels = Float(layer.activation.shape.voxels)
      let sums = layer.activation.meanOverVoxels.scaled(by: voxels)
      let two = Tensor(repeating: 2, shape: Shape([1, 1, 1, 1, 1]))
      let denominator = layer.gradient.combined(.multiply, with: sums).combined(.add, with: two)
      let shares = layer.gradient.clamped(low: 0).combined(.quotientBeyond(threshold: 0), with: denominator)
      return layer.activation.combined(.multiply, with: shares.meanOverVoxels.scaled(by: voxels)).sumOverChannels
    }
  }
}
