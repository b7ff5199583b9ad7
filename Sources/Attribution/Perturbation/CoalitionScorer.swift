internal import Faults
internal import Networks
internal import Tensors

/// The score of an image with only some of its features there: what LIME and the Shapley methods sample.
struct CoalitionScorer {
  /// Bytes that the voxel lists of a round may take.
  private static let bytes = 128 << 20

  let features: FeatureSet
  private let scorer: PerturbationScorer
  private let fill: FillValues

  init(_ features: FeatureSet, of subject: Subject, to score: ScoreFunction, fill: FillValues) throws(PellucidError) {
    self.features = features
    self.fill = fill
    scorer = try PerturbationScorer(score, image: subject.image)
  }

  /// The score of the image as it is.
  var baseline: Double { scorer.baseline }

  /// The score of each coalition, in order; each different one is run once.
  func scores(of coalitions: [Coalition], progress: any ProgressObserver) throws(PellucidError) -> [Double] {
    let (own, places) = Coalition.unique(coalitions)
    let each = max(1, 4 * features.sizes.reduce(0, +))
    let size = min(256, max(1, Self.bytes / each))
    var scores: [Double] = []
    while scores.count < own.count {
      let before = scores.count
      let members = own[before..<min(before + size, own.count)]
      let changes = members.map { coalition in
        features.place(of: coalition).map { Perturbation($0, fill: fill) }
          ?? Perturbation(.voxels([], within: Box(lower: [0, 0, 0], upper: [0, 0, 0])), fill: fill)
      }
      scores += try scorer.scores(
        of: changes, progress: PartProgress(whole: progress, before: before, total: own.count))
    }
    return places.map { scores[$0] }
  }
}
