public import PellucidFaults
internal import PellucidNetworks
public import PellucidTensors
internal import Synchronization

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
    let spare = min(IncrementalPass.spareBytes, max(0, limit - held) / 8)
    if IncrementalPass.bytesKept(score.network, spare: spare) < limit - held {
      let image = self.image
      let first = try Engine.peak { () throws(PellucidError) in
        try IncrementalPass(score.network, image: image, spare: spare)
      }
      // Room for an image that is run in full beside what is kept.
      if held + 2 * first.bytes <= limit { kept = first.result }
    }
    pass = kept
    if let kept {
      baselineOutputs = kept.logits.values
    } else {
      baselineOutputs = try WholeImageScorer(score, image: self.image, memoryLimit: limit).baselineOutputs
    }
    baseline = score.scores(of: Tensor(baselineOutputs, shape: Shape([1, baselineOutputs.count])))[0]
  }

  /// Bytes that the perturbations of a round may take beside the activations.
  var roundBytes: Int { min(128 << 20, memoryLimit / 8) }

  /// The scores of many perturbations, made when they are needed and in rounds, so that they need not be in memory all at once.
  /// - Parameter bytesEach: what a perturbation takes.
  package func scores(
    count: Int, bytesEach: Int, progress: any ProgressObserver, _ make: @Sendable (Int) -> Perturbation
  ) throws(PellucidError) -> [Double] {
    let size = max(1, roundBytes / max(1, bytesEach))
    var scores: [Double] = []
    while scores.count < count {
      let before = scores.count
      let round = Workers.values(min(before + size, count) - before) { make(before + $0) }
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
    // What changes nothing has the baseline's score.
    let boxes = Workers.values(perturbations.count) { perturbations[$0].changedBox(in: image) }
    let changing = boxes.enumerated().compactMap { index, box in box.map { (index: index, box: $0) } }
    let unchanged = perturbations.count - changing.count
    if changing.isEmpty, unchanged > 0 { progress.advanced(to: unchanged, of: unchanged) }
    let found = Found(scores: Array(repeating: baseline, count: perturbations.count), done: unchanged)
    @Sendable func run(_ batch: Batch) throws(PellucidError) {
      try progress.check()
      let members = batch.members.map { changing[$0].index }
      let own = score.scores(of: try outputs(of: batch, members.map { perturbations[$0] }))
      found.add(own, of: members, to: progress)
    }
    let batches = batches(of: changing.map(\.box))
    // The largest boxes come first, so that no worker is left with one when the others have done.
    let apart = Array(batches.filter(\.isOnBoxes).reversed())
    let workers = workers(for: apart)
    if workers > 1 {
      try Workers.run(apart.count, on: workers) { (index) throws(PellucidError) in try run(apart[index]) }
    }
    for batch in batches where workers == 1 || !batch.isOnBoxes { try run(batch) }
    return found.scores
  }

  /// The scores found so far, by workers of several threads.
  private final class Found: Sendable {
    private let state: Mutex<(scores: [Double], done: Int)>

    init(scores: [Double], done: Int) { state = Mutex((scores, done)) }

    var scores: [Double] { state.withLock { $0.scores } }

    func add(_ own: [Double], of members: [Int], to progress: any ProgressObserver) {
      state.withLock { state in
        for (member, score) in zip(members, own) { state.scores[member] = score }
        state.done += members.count
        progress.advanced(to: state.done, of: state.scores.count)
      }
    }
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

  /// Changes that are run together: through the incremental pass, or in full.
  private struct Batch {
    let members: [Int]
    /// Nil: in full.
    let boxes: ChangeBatch?

    /// What its activations may take; of a pass in full it is not known.
    var bytes: Int { boxes?.bytes ?? 0 }
    var isOnBoxes: Bool { boxes != nil }
  }

  /// How many threads may each run a batch at a time: as many as there are, while the largest batches fit into the memory together; 1 where
  /// there are fewer batches, which the threads then share.
  private func workers(for batches: [Batch]) -> Int {
    let bytes = batches.reduce(1) { max($0, $1.bytes) }
    let workers = min(Engine.threads, (memoryLimit - Engine.bytesTaken) / bytes)
    return workers > 1 && batches.count >= workers ? workers : 1
  }

  private func batches(of boxes: [Box]) -> [Batch] {
    guard let pass else { return boxes.indices.map { Batch(members: [$0], boxes: nil) } }
    // Of what changes most of the image a pass in full takes less: it pastes nothing over the baseline, and large layers run in slabs.
    let large = boxes.indices.filter { 2 * boxes[$0].count > image.shape.voxels }
    let small = boxes.indices.filter { 2 * boxes[$0].count <= image.shape.voxels }
    let (batches, tooLarge) = pass.batches(of: small.map { boxes[$0] }, bytes: memoryLimit - Engine.bytesTaken)
    let size = score.imagesOfPass(within: (memoryLimit - Engine.bytesTaken) / 2)
    return batches.map { batch in Batch(members: batch.members.map { small[$0] }, boxes: batch) }
      + stride(from: 0, to: large.count, by: size).map { first in
        Batch(members: Array(large[first..<min(first + size, large.count)]), boxes: nil)
      } + tooLarge.map { Batch(members: [small[$0]], boxes: nil) }
  }

  /// The network's outputs, [n, K], for the perturbations of a batch.
  private func outputs(of batch: Batch, _ perturbations: [Perturbation]) throws(PellucidError) -> Tensor {
    guard let pass, let batch = batch.boxes else {
      return try score.network.logits(
        perturbations.images(of: image, in: Boxes(whole: image.shape.spatial, count: perturbations.count)))
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
