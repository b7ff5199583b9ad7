public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The activations of a layer, weighed by how much the score falls without each channel.
///
///     R = ReLU( Σ_k w_k·A_k )        w_k = (s − s with A_k = 0) / |s|
///
/// The paper divides by s itself, which turns the map round where the score is negative; and it sets the channel to 0, where
/// pytorch-grad-cam sets it far below the layer's smallest value.
/// - Source: Desai & Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360.
/// - Complexity: one forward pass; what lies behind the layer once for each channel that is not 0 everywhere, in batches.
public struct AblationCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension AblationCAM: LayeredCAM {
  public static let name = "ablation-cam"
  public static let summary = "a layer's activations, weighed by the score's fall without each channel"
  public static let paper = "Desai & Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360"

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let values = try Layers.activations(named: layers.names, in: score.network, for: Self.name)
    let exposed = try score.exposing(Set(values))
    var activations: [Tensor] = []
    var cells: [Tensor] = []
    for (place, value) in values.enumerated() {
      guard let rest = try Continuation(exposed.network, from: value, of: subject.image) else {
        throw .layerBehindLogits(exposed.network.imported.values[value.index].name)
      }
      let part = PartProgress(whole: progress, before: place, total: values.count)
      let weights = try Self.weights(rest, exposed, values.count == 1 ? progress : part)
      activations.append(rest.activation)
      cells.append(rest.activation.combined(.multiply, with: weights).sumOverChannels)
    }
    return layers.assembled(cells, of: values, activations, in: exposed.network, subject)
  }

  /// The weight of each channel, [1, C, 1, 1, 1].
  private static func weights(
    _ rest: Continuation, _ score: ScoreFunction, _ progress: any ProgressObserver
  ) throws(PellucidError) -> Tensor {
    let activation = rest.activation
    let whole = score.scores(of: rest.logits)[0]
    var weights = [Float](repeating: 0, count: activation.shape[1])
    let squares = activation.combined(.multiply, with: activation).meanOverVoxels.values
    let active = weights.indices.filter { squares[$0] != 0 }
    var done = 0
    while done < active.count {
      try progress.check()
      let part = active[done..<min(done + rest.imagesOfPass, active.count)]
      let changed = part.map { activation.withoutChannel($0) }
      let scores = score.scores(of: try rest.logits(of: Tensor.joined(changed)))
      for (channel, own) in zip(part, scores) {
        weights[channel] = Float((whole - own) / (whole == 0 ? 1 : abs(whole)))
      }
      done = part.endIndex
      progress.advanced(to: done, of: active.count)
    }
    return Tensor(weights, shape: Shape([1, weights.count, 1, 1, 1])).ordered(.channelsLast)
  }
}

extension Tensor {
  /// A copy in which a channel is 0; of one image, channels last.
  fileprivate func withoutChannel(_ channel: Int) -> Tensor {
    var copy = self
    copy.copy(
      from: Tensor(repeating: 0, shape: Shape([1])), sourceStrides: [0], targetOffset: channel,
      targetStrides: [shape[1]], extents: [shape.voxels])
    return copy
  }
}
