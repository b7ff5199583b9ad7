public import Faults
internal import Networks
public import Tensors

/// The score of an image under many changes: what every perturbation method stands on.
///
/// A method only chooses voxel sets and fills; this returns the score of each. Here every changed image is run in full, several in a
/// batch; results do not depend on the batching.
public struct PerturbationScorer: Sendable {
  private let score: ScoreFunction
  private let image: Tensor
  /// The unchanged image's score.
  public let baseline: Double

  /// - Parameter image: [1, C, D, H, W].
  public init(_ score: ScoreFunction, image: Tensor) throws(PellucidError) {
    self.score = score
    self.image = image.ordered(.channelsLast)
    baseline = try score.scores(ofImages: self.image)[0]
  }

  /// The score of each perturbed image, in order.
  public func scores(
    of perturbations: [Perturbation], progress: any ProgressObserver
  ) throws(PellucidError) -> [Double] {
    let batch = score.network.supportsBatches ? batchSize : 1
    var scores: [Double] = []
    scores.reserveCapacity(perturbations.count)
    var start = 0
    while start < perturbations.count {
      let part = perturbations[start..<min(start + batch, perturbations.count)]
      scores += try score.scores(ofImages: images(part))
      start += part.count
      progress.advanced(to: start, of: perturbations.count)
    }
    return scores
  }

  /// Images a pass: small ones are run together, so that the threads have enough to do.
  private var batchSize: Int { min(16, max(1, (1 << 21) / max(1, image.count))) }

  private func images(_ part: ArraySlice<Perturbation>) -> Tensor {
    let c = image.shape[1]
    let size = image.count
    let (h, w) = (image.shape[3], image.shape[4])
    var batch = Tensor(unfilled: image.shape.withBatch(part.count), order: .channelsLast)
    for (n, perturbation) in part.enumerated() {
      batch.copy(from: image, sourceStrides: [1], targetOffset: n * size, targetStrides: [1], extents: [size])
      batch.withMutableValues { values in
        // Offsets come from boxes and label lists that lie inside the image.
        let all = unsafe values.buffer
        switch perturbation.place {
        case .box(let box):
          for d in box.lower[0]..<box.upper[0] {
            for y in box.lower[1]..<box.upper[1] {
              let first = n * size + ((d * h + y) * w + box.lower[2]) * c
              let last = first + (box.upper[2] - box.lower[2]) * c
              unsafe all[first..<last].update(repeating: perturbation.fill)
            }
          }
        case .voxels(let offsets, _):
          for offset in offsets {
            let first = n * size + Int(offset) * c
            for place in first..<(first + c) { unsafe all[place] = perturbation.fill }
          }
        }
      }
    }
    return batch
  }
}
