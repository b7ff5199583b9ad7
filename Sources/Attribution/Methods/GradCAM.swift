package import Faults
internal import Networks
internal import Tensors

/// The activations of a layer, weighed by the mean gradient of the score to each channel.
///
///     R = ReLU( Σ_k mean(∂s/∂A_k)·A_k ), brought to the input's grid trilinearly
///
/// - Source: Selvaraju et al. 2017, arXiv:1610.02391; the layer's tensor is the one the file defines.
package struct GradCAM: AttributionMethod {
  package static let name = "grad-cam"
  package static let summary = "where a layer's activations speak for the score, coarse but class-specific"
  package static let paper = "Selvaraju et al. 2017, arXiv:1610.02391"
  package static let measure = Relevance.Measure.intensive
  package static let options = [
    MethodOption(
      "layer", "NAME", default: "the last convolution of more than one voxel", "an ONNX node or its output"),
    MethodOption(
      "upsample", "stretch|receptive-field", default: "stretch",
      "stretch cells over the whole input, or put each at the centre of what it sees"),
  ]
  private let layer: String?
  private let upsample: CamGrid.Upsampling

  package init(_ values: OptionValues) throws(PellucidError) {
    layer = values.text("layer")
    upsample = try values.choice("upsample", default: .stretch)
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let (map, facts) = try map(of: subject, score)
    return Relevance(map, measure: Self.measure, facts: facts)
  }

  /// The map on the input's grid, [1, 1, D, H, W].
  func map(of subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> (
    Tensor, [Relevance.Fact]
  ) {
    let value = try Layers.activation(named: layer, in: score.network, for: Self.name)
    let exposed = try score.exposing([value])
    let trace = try exposed.network.trace(subject.image, watching: [value])
    guard let activation = trace.activation(value)?.ordered(.channelsLast) else {
      throw .layerBehindLogits(layer ?? score.network.imported.values[value.index].name)
    }
    let upstream = exposed.outputGradient(at: trace.logits)
    let gradient = try trace.backward(upstream, to: [value])[value]
    let grid = CamGrid(of: value, in: exposed.network, upsampling: upsample)
    let facts: [Relevance.Fact] = [
      .init("layer", .text(exposed.network.imported.values[value.index].name)),
      .init("layer_shape", .integers(activation.shape.dimensions)),
    ]
    guard let gradient else { return (grid.onInput(Tensor(repeating: 0, shape: activation.shape)), facts) }
    let weights = gradient.ordered(.channelsLast).meanOverVoxels
    let cam = activation.combined(.multiply, with: weights).sumOverChannels.clamped(low: 0)
    let map = grid.onInput(cam)
    if let index = map.firstNonFinite { throw .relevanceNotFinite(index) }
    return (map, facts)
  }
}
