internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The score of an image with only some of its features there: what LIME and the Shapley methods sample.
struct CoalitionScorer {
  let features: FeatureSet
  private let scorer: PerturbationScorer
  private let occluder: Occluder
  private let voxels: Int

  init(
    _ features: FeatureSet, of subject: Subject, to score: ScoreFunction, _ occluder: Occluder
  ) throws(PellucidError) {
    self.features = features
    self.occluder = occluder
    voxels = subject.image.shape.voxels
    scorer = try PerturbationScorer(score, image: subject.image)
  }

  /// The score of the image as it is.
  var baseline: Double { scorer.baseline }

  /// The score of each coalition, in order; each different one is run once.
  func scores(of coalitions: [Coalition], progress: any ProgressObserver) throws(PellucidError) -> [Double] {
    let (own, places) = Coalition.unique(coalitions)
    let each = occluder.isSoft ? 4 * voxels : 4 * features.sizes.reduce(0, +)
    let scores = try scorer.scores(count: own.count, bytesEach: each, progress: progress) { number in
      features.place(of: own[number]).map(occluder.perturbation)
        ?? occluder.perturbation(.voxels([], within: Box(lower: [0, 0, 0], upper: [0, 0, 0])))
    }
    return places.map { scores[$0] }
  }
}
