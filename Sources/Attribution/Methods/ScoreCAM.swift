public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The activations of a layer, weighed by the score of the image seen through each channel.
///
///     R = ReLU( Σ_k w_k·A_k )        w = softmax over k of s(b + H_k·(x − b))        H_k = (U_k − min U_k) / (max U_k − min U_k)
///
/// U_k is channel k brought to the input's grid, b the card's background. H of a constant channel is 0. The paper's constant s(b) drops
/// out of the softmax.
/// - Source: Wang et al. 2020, arXiv:1910.01279; softmax over the channels as pytorch-grad-cam.
/// - Complexity: one forward pass, and one more for each channel.
public struct ScoreCAM {
  /// The layers whose maps' mean is taken, and how their cells come to the input's grid.
  public let layers: CamLayers

  /// The method for these layers.
  public init(of layers: CamLayers) { self.layers = layers }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ScoreCAM: LayeredCAM {
  public static let name = "score-cam"
  public static let summary = "a layer's activations, weighed by the score of the scan seen through each"
  public static let paper = "Wang et al. 2020, arXiv:1910.01279"
  /// Bytes that the masks of a round may take.
  private static let bytes = 128 << 20

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let (exposed, values, activations) = try layers.activations(of: subject, to: score, for: Self.name)
    let scorer = try PerturbationScorer(score, image: subject.image)
    var cells: [Tensor] = []
    let total = activations.reduce(0) { $0 + $1.shape[1] }
    var done = 0
    for (value, activation) in zip(values, activations) {
      let grid = CamGrid(of: value, in: exposed.network, upsampling: layers.upsampling)
      let part = PartProgress(whole: progress, before: done, total: total)
      let scores = try Self.scores(activation, grid, subject, scorer, part)
      let largest = scores.max() ?? 0
      let powers = scores.map { exponential($0 - largest) }
      let sum = powers.reduce(0, +)
      let weights = Tensor(powers.map { Float($0 / sum) }, shape: Shape([1, powers.count, 1, 1, 1]))
      cells.append(activation.combined(.multiply, with: weights.ordered(.channelsLast)).sumOverChannels)
      done += activation.shape[1]
    }
    return layers.assembled(cells, of: values, activations, in: exposed.network, subject)
  }

  /// The score of the image seen through each channel.
  private static func scores(
    _ activation: Tensor, _ grid: CamGrid, _ subject: Subject, _ scorer: PerturbationScorer,
    _ progress: any ProgressObserver
  ) throws(PellucidError) -> [Double] {
    let occluder = try Occluder(.background, for: subject)
    let whole = Box(whole: subject.image.shape.spatial)
    let channels = activation.shape[1]
    let size = min(64, max(1, bytes / (4 * whole.count)))
    var scores: [Double] = []
    while scores.count < channels {
      let part = scores.count..<min(scores.count + size, channels)
      let masks = part.map { channel in
        let seen = grid.onInput(activation.channel(channel))
        let range = seen.range
        let span = range.upperBound - range.lowerBound
        // The part of the background in each voxel.
        return span > 0
          ? seen.ordered(.rowMajor).values.map { 1 - ($0 - range.lowerBound) / span }
          : [Float](repeating: 1, count: whole.count)
      }
      let changes = masks.map { occluder.perturbation(.weights($0, within: whole)) }
      let own = PartProgress(whole: progress, before: scores.count, total: channels)
      scores += try scorer.scores(of: changes, progress: own)
    }
    return scores
  }
}

extension Tensor {
  /// One channel of one image, [1, 1, D, H, W]; channels last.
  fileprivate func channel(_ channel: Int) -> Tensor {
    var part = Tensor(repeating: 0, shape: Shape([1, 1] + shape.spatial), order: .channelsLast)
    part.copy(
      from: self, sourceOffset: channel, sourceStrides: [shape[1]], targetStrides: [1], extents: [shape.voxels])
    return part
  }
}
