public import PellucidAttribution
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// What maps of one scan are measured by: the score, the features, the fill, and what has been asked of the network already.
///
/// Scores that do not depend on a map are kept, so that several maps share them. A probe belongs to one thread.
public final class FaithfulnessProbe {
  /// How the metrics ask.
  public struct Settings: Sendable {
    /// Into what the image is cut.
    public var features = FeatureKind.patches(8)
    /// What filled voxels become.
    public var fill = FaithfulnessFill.fill(.background)
    /// Steps of the curves, K.
    public var steps = 20
    /// Random sets, boxes or noises, N; nil: each metric's own number.
    public var samples: Int?
    /// Start of the random numbers.
    public var seed = 0

    /// The defaults.
    public init() {}
  }

  /// How the metrics ask.
  public let settings: Settings
  /// f.
  public let score: ScoreFunction
  package let subject: Subject
  package let features: FeatureMap
  package let filling: Filling
  /// Runs of the network so far, each at most a pass.
  public private(set) var passes = 0
  /// Seconds that one pass in full took.
  public let secondsOfPass: Double
  private let scorer: PerturbationScorer
  private var filledScore: Double?
  private var sampled: [String: [[Double]]] = [:]

  /// - Throws: `.usage` for features without their atlas; what fill and network throw.
  public init(_ subject: Subject, _ score: ScoreFunction, settings: Settings = Settings()) throws(PellucidError) {
    (self.subject, self.score, self.settings) = (subject, score, settings)
    let filling = try Filling(settings.fill, of: subject)
    self.filling = filling
    features = try FeatureMap(settings.features, of: subject) { filling.changes() }
    let begin = ContinuousClock.now
    scorer = try PerturbationScorer(score, image: subject.image)
    secondsOfPass = (ContinuousClock.now - begin) / .seconds(1)
  }

  /// How many features there are.
  public var featureCount: Int { features.count }

  /// f(x).
  public var original: Double { scorer.baseline }

  /// f of the image with all features filled.
  package func allFilled() throws(PellucidError) -> Double {
    if let filledScore { return filledScore }
    let found = try scores(1, progress: SilentProgress()) { [features] _ in
      features.place(of: Coalition(features.count, allThere: true))
    }[0]
    filledScore = found
    return found
  }

  /// Whether filling everything changes nothing.
  public var isUnmoved: Bool { get throws(PellucidError) { try allFilled() == original } }

  /// f with each of some places filled.
  package func scores(
    _ count: Int, progress: any ProgressObserver, place: @Sendable (Int) -> Perturbation.Place
  ) throws(PellucidError) -> [Double] {
    passes += count
    return try scorer.scores(
      count: count, bytesEach: 4 * features.voxelCount + filling.bytesEach, progress: progress
    ) { [filling] in filling.perturbation(place($0)) }
  }

  /// f with each of some sets of features filled; the empty set and all features cost nothing twice.
  package func scores(filling sets: [Coalition], progress: any ProgressObserver) throws(PellucidError) -> [Double] {
    let asked = sets.indices.filter { (1..<features.count).contains(sets[$0].size) }
    let found = try scores(asked.count, progress: progress) { [features] in features.place(of: sets[asked[$0]]) }
    var scores = [Double](repeating: original, count: sets.count)
    for (place, score) in zip(asked, found) { scores[place] = score }
    for place in sets.indices where sets[place].size == features.count { scores[place] = try allFilled() }
    return scores
  }

  /// What was asked under a name before, or is asked now: for scores that no map has a part in.
  package func once(
    _ name: String, _ ask: () throws(PellucidError) -> [[Double]]
  ) throws(PellucidError) -> [[Double]] {
    if let known = sampled[name] { return known }
    let found = try ask()
    sampled[name] = found
    return found
  }

  package func samples(_ usual: Int) -> Int { settings.samples ?? usual }
}
