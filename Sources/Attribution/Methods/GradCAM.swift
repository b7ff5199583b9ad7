public import PellucidFaults
internal import PellucidTensors

/// The activations of a layer, weighed by the mean gradient of the score to each channel.
///
///     R = ReLU( Σ_k mean(∂s/∂A_k)·A_k ), brought to the input's grid trilinearly
///
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391; the layer's tensor is the one the file defines.
/// - Complexity: one forward pass, and one backward to the layer.
public struct GradCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension GradCAM: LayeredCAM {
  public static let name = "grad-cam"
  public static let summary = "where a layer's activations speak for the score, coarse but class-specific"
  public static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try map(of: subject, score, for: Self.name)
  }

  /// The map on the input's grid, [1, 1, D, H, W], for a method that builds on it.
  func map(of subject: Subject, _ score: ScoreFunction, for method: String) throws(PellucidError) -> Relevance {
    var vanishing: [String] = []
    var relevance = try layers.map(of: subject, to: score, for: method) {
      let weights = $0.gradient.meanOverVoxels
      if Self.vanish(weights, besides: $0.gradient) { vanishing.append($0.name) }
      return $0.activation.combined(.multiply, with: weights).sumOverChannels
    }
    relevance.notes += vanishing.map { layer in
      Note(
        what:
          "the mean gradient of every channel of \(layer) is 0 but for rounding, as where instance normalization follows",
        how: "its map says nothing; take what follows as `layer`, or layercam")
    }
    return relevance
  }

  /// Whether mean gradients are what rounding left: the gradient to what instance normalization centres sums to 0.
  private static func vanish(_ weights: Tensor, besides gradient: Tensor) -> Bool {
    let size = gradient.combined(.multiply, with: gradient).meanOverVoxels.values.max() ?? 0
    return size > 0 && weights.values.allSatisfy { Double($0) * Double($0) <= 1e-10 * Double(size) }
  }
}
