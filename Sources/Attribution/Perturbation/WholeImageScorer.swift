internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The score of images of which every voxel may have changed: each is run in full, several a pass where they are small.
struct WholeImageScorer: Sendable {
  private let score: ScoreFunction
  /// The network's outputs for the unchanged image.
  let baselineOutputs: [Float]
  /// The unchanged image's score.
  let baseline: Double

  /// Runs the unchanged image.
  ///
  /// - Parameters:
  ///   - image: [1, C, D, H, W], channels last.
  ///   - memoryLimit: bytes that activations may take.
  /// - Throws: `.usage` where a pass takes more; `.numeric` naming the first node whose output is not finite.
  init(_ score: ScoreFunction, image: Tensor, memoryLimit: Int = Engine.memoryLimit) throws(PellucidError) {
    self.score = score
    let held = Engine.bytesTaken
    let first = try Engine.peak { () throws(PellucidError) in
      try score.network.logits(image).values
    }
    // And a changed copy of the image; blocks used again may be larger than what they hold.
    let needed = held + first.bytes + first.bytes / 2 + 4 * image.count
    if needed > memoryLimit { throw .memoryTooLittle(memoryLimit, needed: needed) }
    baselineOutputs = first.result
    baseline = score.scores(of: Tensor(baselineOutputs, shape: Shape([1, baselineOutputs.count])))[0]
  }

  /// The score of each image, in order.
  ///
  /// - Parameter image: the image at a place in the order, [1, C, D, H, W], channels last; asked for once each, in order.
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  func scores(
    _ count: Int, progress: any ProgressObserver, image: (Int) -> Tensor
  ) throws(PellucidError) -> [Double] {
    let size = score.imagesOfPass
    var scores: [Double] = []
    while scores.count < count {
      let part = scores.count..<min(scores.count + size, count)
      let images = Tensor.joined(part.map(image))
      scores += try score.scores(ofImages: images)
      progress.advanced(to: scores.count, of: count)
    }
    return scores
  }
}
