public import PellucidAttribution
public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
internal import PellucidStatistics
public import PellucidVolumes

/// Whether a class hangs on concepts: testing with concept activation vectors (TCAV).
///
///     TCAV = the part of the class's scans x with ∇h(f(x))·v > 0      f(x): a layer's values, h: the target's logit of them
///
/// A concept's vectors come of its examples against sets drawn from the random scans; random vectors of two such sets against each other.
/// The scores of the two are compared by Welch's test, both sides, and p is multiplied by the number of tests (Bonferroni).
/// - Source: Kim et al. 2018, arXiv:1711.11279.
public struct ConceptTest: Sendable {
  /// What is tested with.
  public struct Options: Sendable {
    /// Vectors of each concept, and random ones.
    public var runs = 20
    /// How a layer's values become a row.
    public var pool = ActivationPool.whole
    /// Start of the random numbers that draw the sets.
    public var seed = 0

    /// The defaults.
    public init() {}
  }

  /// Least examples of a concept; random scans are to be twice as many.
  public static let fewest = 10

  /// Examples of a concept.
  public struct Concept: Sendable {
    /// What it is called.
    public let name: String
    /// Its scans.
    public let scans: [ScanReference]
    /// What is done to them; nil: they are as they are.
    public let change: RegionExample?

    /// A concept and its scans.
    public init(name: String, scans: [ScanReference]) { (self.name, self.scans, change) = (name, scans, nil) }

    /// A region of the atlas as a concept: every other of the random scans with it removed or kept alone.
    ///
    /// They are held against the random scans with another region of about its size so changed, drawn for each scan: that there is a hole,
    /// or nothing else, is not the concept.
    public init(name: String, change: RegionExample, of random: [ScanReference]) {
      self.name = name
      self.change = change
      scans = stride(from: 0, to: random.count, by: 2).map { random[$0] }
    }
  }

  /// What was found of a concept at a layer.
  public struct Result: Sendable {
    /// The concept's name.
    public let concept: String
    /// The layer.
    public let layer: LayerChoice
    /// Its score of each run.
    public let scores: [Double]
    /// The random vectors' scores.
    public let randomScores: [Double]
    /// Of the test between them; nil: neither varies, or a class is empty.
    public let p: Double?
    /// p times the number of tests, at most 1.
    public let bonferroni: Double?
    /// The mean of ∇h·v over scans and runs.
    public let sensitivity: Double
    /// The mean over runs of what part of the examples the line tells apart from the random ones.
    public let accuracy: Double
    /// Where along the layer the mean sensitivity lies, which adds up to it, on the layer's grid of the first scan; nil: it has no places.
    public let map: Volume?
  }

  /// The results, a layer after the other.
  public let results: [Result]
  /// The layers.
  public let layers: [LayerChoice]
  /// What was decided.
  public let notes: [Note]

  /// Tests concepts.
  ///
  /// - Parameters:
  ///   - concepts: with at least ten scans each.
  ///   - random: scans to hold them against, at least twenty.
  ///   - scans: of the class.
  ///   - layers: names with commas between; nil: the last of the network's stages.
  ///   - explainer: of the network; its target is the class.
  /// - Throws: `.usage` for too few examples and layers that are not there; what scans throw.
  public init(
    of concepts: [Concept], against random: [ScanReference], on scans: [ScanReference], layers names: String?,
    in explainer: Explainer, options: Options = Options(), progress: (String) -> any ProgressObserver
  ) throws(PellucidError) {
    for concept in concepts where concept.scans.count < Self.fewest {
      throw .tooFewExamples(concept.name, concept.scans.count, wanted: Self.fewest)
    }
    guard random.count >= 2 * Self.fewest else {
      throw .tooFewExamples("random", random.count, wanted: 2 * Self.fewest)
    }
    let names = if let names { names } else { try Self.lastStage(for: scans[0], in: explainer) }
    let gradients = try ConceptGradients(of: scans, layers: names, in: explainer, progress: progress("gradients"))
    let plan = try ConceptPlan(concepts, random: random, seed: options.seed, in: explainer)
    let examples = try CohortActivations(
      of: plan.scans, changes: plan.changes, layers: names, in: explainer, pool: options.pool,
      progress: progress("examples"))
    layers = gradients.layers
    var found: [Result] = []
    let tests = concepts.count * layers.count
    for (place, layer) in layers.enumerated() {
      let rows = examples.rows[place]
      let gram = SymmetricMatrix(gramOf: rows, centred: false)
      let slopes = gradients.rows(of: place, pool: options.pool)
      // Random sets are as large as a concept's, so each size has its own; those of regions are the concept's own.
      var noise: [[Int]: [Double]] = [:]
      for (concept, part) in zip(concepts, plan.parts) {
        let (own, pool) = (Array(part.own), Array(part.others))
        let draws = ConceptDraws(rows: rows, gram: gram, random: pool, gradients: slopes, options: options)
        let size = min(own.count, pool.count / 2)
        let randomScores = noise[[pool[0], size]] ?? draws.randomScores(size)
        noise[[pool[0], size]] = randomScores
        let runs = draws.runs(own, size)
        guard !runs.isEmpty else { throw .conceptWithoutDirection(concept.name, layer.name) }
        let scores = runs.map(\.score)
        let p = Self.p(scores, randomScores)
        let mean = Self.mean(runs.map(\.vector.direction))
        found.append(
          Result(
            concept: concept.name, layer: layer, scores: scores, randomScores: randomScores, p: p,
            bonferroni: p.map { min(1, $0 * Double(tests)) },
            sensitivity: runs.reduce(0) { $0 + $1.sensitivity } / Double(runs.count),
            accuracy: runs.reduce(0) { $0 + $1.vector.accuracy } / Double(runs.count),
            map: gradients.map(of: place, along: mean, pool: options.pool)))
      }
    }
    results = found
    var notes = examples.notes + gradients.notes + plan.notes
    if random.count < concepts.filter({ $0.change == nil }).map({ 2 * $0.scans.count }).max() ?? 0 {
      notes.append(
        Note(
          what: "there are fewer than twice as many random scans as examples",
          how: "sets of \(random.count / 2) are drawn", weight: .told))
    }
    self.notes = notes
  }

  private static func lastStage(for scan: ScanReference, in explainer: Explainer) throws(PellucidError) -> String {
    let network = try explainer.prepare(scan).network
    let stages = try LayerChoice.stages(of: network, most: 1000)
    // The last one that still has places, where there is one.
    let placed = stages.last { ReceptiveField.of($0.value, in: network.imported).axes != nil }
    return (placed ?? stages[stages.count - 1]).tensor
  }

  /// Two samples that do not vary and differ cannot be told apart by Welch's test; they are as different as can be.
  static func p(_ scores: [Double], _ random: [Double]) -> Double? {
    if let p = TwoGroups(Sample(scores), Sample(random)).welch?.p { return p }
    guard let a = Sample(scores).mean, let b = Sample(random).mean, scores.count > 1, random.count > 1 else {
      return nil
    }
    return a == b ? 1 : 0
  }

  private static func mean(_ directions: [[Double]]) -> [Double] {
    var mean = directions[0]
    for other in directions.dropFirst() { for place in mean.indices { mean[place] += other[place] } }
    return mean.map { $0 / Double(directions.count) }
  }
}

extension ConceptTest {
  /// The mean of scores; nil of none.
  public static func mean(_ scores: [Double]) -> Double? { Sample(scores).mean }

  /// Their standard deviation, with n − 1; nil of fewer than two.
  public static func deviation(_ scores: [Double]) -> Double? { Sample(scores).standardDeviation }
}
