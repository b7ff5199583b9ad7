public import Faults
internal import Networks
public import Tensors

/// The score of an image under many changes: what every perturbation method stands on.
///
/// A method only chooses voxel sets and fills; this returns the score of each, recomputing only what a change can reach (see
/// `IncrementalPass`), exactly up to rounding. A change that sets voxels to what they are already costs nothing.
public struct PerturbationScorer: Sendable {
  private let score: ScoreFunction
  private let image: Tensor
  private let memoryLimit: Int
  /// Nil where the baseline's values do not fit into the memory: then every image is run in full.
  private let pass: IncrementalPass?
  /// The network's outputs for the unchanged image.
  public let baselineOutputs: [Float]
  /// The unchanged image's score.
  public let baseline: Double

  /// Runs the unchanged image.
  ///
  /// - Parameters:
  ///   - image: [1, C, D, H, W].
  ///   - memoryLimit: bytes that activations may take, `Engine.memoryLimit` unless given: those of the unchanged image that are kept, and
  ///     a batch's. Changes for which that is too little, or all of them, are run one by one in full.
  /// - Throws: `.usage` where one pass takes more; `.numeric` naming the first node whose output is not finite.
  public init(_ score: ScoreFunction, image: Tensor, memoryLimit: Int? = nil) throws(PellucidError) {
    self.score = score
    self.image = image.ordered(.channelsLast)
    let limit = memoryLimit ?? Engine.memoryLimit
    self.memoryLimit = limit
    var kept: IncrementalPass?
    let held = Engine.bytesTaken
    if IncrementalPass.bytesKept(score.network) < limit - held {
      let image = self.image
      let first = try Engine.peak { () throws(PellucidError) in try IncrementalPass(score.network, image: image) }
      // Room for an image that is run in full beside what is kept.
      if held + 2 * first.bytes <= limit { kept = first.result }
    }
    pass = kept
    if let kept {
      baselineOutputs = kept.logits.values
    } else {
      let image = self.image
      let first = try Engine.peak { () throws(PellucidError) in try score.network.logits(image).values }
      // And a changed copy of the image; blocks used again may be larger than what they hold.
      let needed = held + first.bytes + first.bytes / 2 + 4 * image.count
      if needed > limit { throw .memoryTooLittle(limit, needed: needed) }
      baselineOutputs = first.result
    }
    baseline = score.scores(of: Tensor(baselineOutputs, shape: Shape([1, baselineOutputs.count])))[0]
  }

  /// Bytes that the perturbations of a round may take beside the activations.
  var roundBytes: Int { min(128 << 20, memoryLimit / 8) }

  /// The scores of many perturbations, made when they are needed and in rounds, so that they need not be in memory all at once.
  /// - Parameter bytesEach: what a perturbation takes.
  func scores(
    count: Int, bytesEach: Int, progress: any ProgressObserver, _ make: (Int) -> Perturbation
  ) throws(PellucidError) -> [Double] {
    let size = max(1, roundBytes / max(1, bytesEach))
    var scores: [Double] = []
    while scores.count < count {
      let before = scores.count
      let round = (before..<min(before + size, count)).map(make)
      scores += try self.scores(of: round, progress: PartProgress(whole: progress, before: before, total: count))
    }
    return scores
  }

  /// The score of each perturbed image, in order.
  ///
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func scores(
    of perturbations: [Perturbation], progress: any ProgressObserver
  ) throws(PellucidError) -> [Double] {
    var scores = Array(repeating: baseline, count: perturbations.count)
    // What changes nothing has the baseline's score.
    var changing: [Int] = []
    var boxes: [Box] = []
    for (index, perturbation) in perturbations.enumerated() {
      guard let box = perturbation.changedBox(in: image) else { continue }
      changing.append(index)
      boxes.append(box)
    }
    var done = perturbations.count - changing.count
    let batches = batches(of: boxes)
    for batch in batches {
      let members = batch.members.map { changing[$0] }
      let outputs = try outputs(of: batch, members.map { perturbations[$0] })
      for (member, score) in zip(members, score.scores(of: outputs)) { scores[member] = score }
      done += members.count
      progress.advanced(to: done, of: perturbations.count)
    }
    if batches.isEmpty, done > 0 { progress.advanced(to: done, of: done) }
    return scores
  }

  /// The network's outputs for one perturbed image.
  ///
  /// - Throws: `.numeric` naming the first node whose output is not finite.
  public func outputs(of perturbation: Perturbation) throws(PellucidError) -> [Float] {
    guard let box = perturbation.changedBox(in: image), let batch = batches(of: [box]).first else {
      return baselineOutputs
    }
    return try outputs(of: batch, [perturbation]).values
  }

  /// Changes that are run together: through the incremental pass, or one by one in full.
  private enum Batch {
    case boxes(ChangeBatch)
    case full(Int)

    var members: [Int] {
      switch self {
      case .boxes(let batch): batch.members
      case .full(let member): [member]
      }
    }
  }

  private func batches(of boxes: [Box]) -> [Batch] {
    guard let pass else { return boxes.indices.map { .full($0) } }
    let (batches, tooLarge) = pass.batches(of: boxes, bytes: memoryLimit - Engine.bytesTaken)
    return batches.map { .boxes($0) } + tooLarge.map { .full($0) }
  }

  /// The network's outputs, [n, K], for the perturbations of a batch.
  private func outputs(of batch: Batch, _ perturbations: [Perturbation]) throws(PellucidError) -> Tensor {
    guard let pass, case .boxes(let batch) = batch else {
      return try score.network.logits(perturbations.images(of: image, in: Boxes(whole: image.shape.spatial, count: 1)))
    }
    let outputs = try pass.logits(of: batch) { (images, boxes) throws(PellucidError) in
      Array(perturbations[images]).images(of: image, in: boxes)
    }
    if let place = outputs.firstNonFinite {
      // The pass in full names the step.
      let whole = Boxes(whole: image.shape.spatial, count: 1)
      _ = try score.network.logits([perturbations[place[0]]].images(of: image, in: whole))
    }
    return outputs
  }
}
