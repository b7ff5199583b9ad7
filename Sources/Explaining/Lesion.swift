public import PellucidAttribution
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidTensors
public import PellucidVolumes

/// A virtual lesion: what the network would say if a sphere of the brain were something else.
public struct Lesion: Sendable {
  /// Voxels of the model's grid that were changed, without a soft border.
  public let voxels: Int
  /// The network's scores with the lesion, by class.
  public let scores: [Float]
  /// The probabilities with the lesion, by class; nil where the outputs have none.
  public let probabilities: [Float]?
  /// What is asked for.
  public let target: Target
  /// On which scale.
  public let scoreKind: ScoreKind
  /// The target's score without the lesion.
  public let before: Double
  /// And with it.
  public let after: Double
  /// Seconds for the score with the lesion, once the scan, its fill and the unchanged scan's activations are there.
  public let seconds: Double
}

extension Explainer {
  /// Puts a spherical lesion into a case and asks the network again.
  ///
  /// The sphere is the voxels of the scan whose centres lie within the radius; where it is smaller than the voxels, the one voxel that
  /// it lies in.
  /// - Parameters:
  ///   - centre: world mm, RAS+.
  ///   - radius: mm.
  ///   - fill: what the voxels become.
  /// - Throws: `.usage` where the sphere lies outside the field of view, or the target is no class.
  public func lesion(
    _ subject: Case, at centre: WorldPoint, radius: Double, fill: Fill = Fill()
  ) throws(PellucidError) -> Lesion {
    let place = try Sphere(centre: centre, radius: radius).place(in: subject)
    let question = try self.question(for: subject)
    guard question.isOwnOutput else { throw .lesionTarget(question.target.name) }
    let target = question.target
    let kind = target.scale ?? (question.classes.haveProbabilities ? options.score ?? .probability : .logit)
    let score = ScoreFunction(network: subject.network, classes: subject.classes, target: target, kind: kind)
    do {
      let perturbation = try Occluder(fill, for: try subject.subject.value()).perturbation(place.voxels)
      let scorer = try PerturbationScorer(score, image: subject.prepared.input)
      let clock = ContinuousClock()
      let begin = clock.now
      let outputs = try scorer.outputs(of: perturbation)
      let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6
      return Lesion(
        voxels: place.count, scores: subject.classes.scores(of: outputs),
        probabilities: subject.classes.haveProbabilities ? subject.classes.probabilities(of: outputs) : nil,
        target: target, scoreKind: kind,
        before: scorer.baseline, after: score.scores(of: Tensor(outputs, shape: Shape([1, outputs.count])))[0],
        seconds: seconds)
    } catch {
      throw located(error, subject)
    }
  }
}

/// A ball in the world.
private struct Sphere {
  let centre: WorldPoint
  let radius: Double

  /// Its voxels on the network's input.
  func place(in subject: Explainer.Case) throws(PellucidError) -> (voxels: Perturbation.Place, count: Int) {
    let path = subject.prepared.path
    let affine = path.tensorAffine
    let filled = path.tensorFilled
    let extents = path.tensorExtents
    guard let inverse = affine.inverse else { preconditionFailure("the affine of a grid can be inverted") }
    let at = inverse.worldPoint(i: centre.x, j: centre.y, k: centre.z)
    let middle = [at.x, at.y, at.z]
    // The box around the ball in voxels: the ball's reach along an axis is the radius times the length of the inverse's row.
    let spans = (0..<3).map { axis -> Range<Int> in
      let row = (0..<3).reduce(0) { $0 + inverse[axis, $1] * inverse[axis, $1] }.squareRoot()
      let reach = min(radius * row, 1e6)
      let lower = max(Double(filled[axis].lowerBound), (middle[axis] - reach).rounded(.up))
      let upper = min(Double(filled[axis].upperBound), (middle[axis] + reach).rounded(.down) + 1)
      return lower < upper ? Int(lower)..<Int(upper) : 0..<0
    }
    var offsets: [Int32] = []
    for d in spans[0] {
      for h in spans[1] {
        for w in spans[2] where isInside(affine.worldPoint(of: VoxelIndex(i: d, j: h, k: w))) {
          offsets.append(Int32((d * extents[1] + h) * extents[2] + w))
        }
      }
    }
    if !offsets.isEmpty {
      return (
        .voxels(offsets, within: Box(lower: spans.map(\.lowerBound), upper: spans.map(\.upperBound))), offsets.count
      )
    }
    let nearest = middle.map { $0.rounded() }
    guard zip(nearest, filled).allSatisfy({ $0 >= Double($1.lowerBound) && $0 < Double($1.upperBound) }) else {
      throw .lesionOutside(subject.scan.text, centre, spans: Self.spans(of: filled, affine))
    }
    let voxel = nearest.map { Int($0) }
    return (.box(Box(lower: voxel, upper: voxel.map { $0 + 1 })), 1)
  }

  private func isInside(_ point: WorldPoint) -> Bool {
    let (x, y, z) = (point.x - centre.x, point.y - centre.y, point.z - centre.z)
    return x * x + y * y + z * z <= radius * radius
  }

  /// The box in the world around some voxels, mm: lowest and highest x, y, z.
  private static func spans(of ranges: [Range<Int>], _ affine: Affine) -> [ClosedRange<Double>] {
    (0..<3).map { axis in
      var low = affine[axis, 3]
      var high = low
      for (column, range) in ranges.enumerated() {
        let ends = [Double(range.lowerBound) - 0.5, Double(range.upperBound) - 0.5].map { affine[axis, column] * $0 }
        low += min(ends[0], ends[1])
        high += max(ends[0], ends[1])
      }
      return low...high
    }
  }
}
