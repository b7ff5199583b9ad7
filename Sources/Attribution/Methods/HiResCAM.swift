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

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - layers: names of ONNX nodes or of their outputs; none: the last convolution of more than one voxel.
  ///   - upsampling: how cells come to the input's grid.
  public init(layers: [String] = [], upsampling: CamUpsampling = .stretch) {
    self.layers = CamLayers(layers, upsampling: upsampling)
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension HiResCAM: AttributionMethod {
  public static let name = "hirescam"
  public static let summary = "a layer's activations times the gradient, cell by cell"
  public static let paper = "Draelos & Carin 2020, arXiv:2011.08891"
  public static let measure = Relevance.Measure.intensive
  public static let options = CamLayers.options

  public init(_ values: OptionValues) throws(PellucidError) { layers = try CamLayers(values) }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    try layers.settings(in: score.network, for: Self.name)
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    try layers.map(of: subject, to: score, for: Self.name) {
      $0.activation.combined(.multiply, with: $0.gradient).sumOverChannels
    }
  }
}
