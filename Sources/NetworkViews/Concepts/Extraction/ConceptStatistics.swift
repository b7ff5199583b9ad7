public import PellucidFaults
internal import PellucidNetworks
internal import PellucidStatistics
internal import PellucidTensors
public import PellucidVolumes

/// What an extractor says of the scans of its study: whether it answers as the network does, how each concept's relevance varies, where it
/// lies, and the scans that show it best.
public struct ConceptStatistics: Sendable {
  /// How well answers by way of concepts agree with the network's.
  public struct Fidelity: Sendable, Hashable {
    /// Scans.
    public let scans: Int
    /// The part of them to which the same class is answered: through the network's own end, and by relevance alone.
    public let agreement, relevanceAgreement: Double
    /// The mean |q − p| over scans and classes.
    public let difference: Double
    /// Pearson's correlation of q and p, over scans and classes; nil where one does not vary.
    public let correlation: Double?
  }

  /// A scan that shows a concept.
  public struct Prototype: Sendable {
    /// The concept, counted through all classes.
    public let concept: Int
    /// From 1.
    public let rank: Int
    /// The scan's place in the study.
    public let scan: Int
    /// The concept's relevance in it.
    public let relevance: Double
    /// Where it differs most from what is usual, mm, RAS+.
    public let peak: WorldPoint?
  }

  /// The extractor, which now knows what is usual.
  public let extractor: ConceptExtractor
  /// Of each scan what the extractor says.
  public let answers: [ConceptAnswer]
  /// Of the training scans, and of those held out.
  public let trained, heldOut: Fidelity
  /// Of each concept the mean and the standard deviation (n − 1) of its relevance over the training scans.
  public let means, deviations: [Double]
  /// Of each concept the training scans in which it is most relevant.
  public let prototypes: [Prototype]
  /// Where each concept's map goes along with its relevance over the training scans: 1/((n − 1)·s)·Σ (r − r̄)(m − m̄), on the layer's grid
  /// of the first scan, a volume a concept.
  public let volume: Volume

  /// Concepts whose relevance is the same in all training scans.
  public var silent: [Int] { deviations.indices.filter { deviations[$0] < 1e-9 } }

  /// Asks an extractor about its study.
  /// - Parameter count: prototypes of each concept.
  public init(of training: ConceptTraining, on cohort: ConceptCohort, prototypes count: Int = 5) throws(PellucidError) {
    var extractor = training.extractor
    let form = extractor.form
    let isTrained = Set(training.trained)
    var answers: [ConceptAnswer] = []
    var sums = [Double](repeating: 0, count: form.maps * form.places)
    var products = sums
    for begin in stride(from: 0, to: cohort.scans.count, by: 16) {
      let scans = Array(begin..<min(cohort.scans.count, begin + 16))
      let pass = try cohort.pass(extractor, of: scans)
      let found = try ConceptAnswer.all(extractor, pass, cohort.dense)
      answers += found
      for (place, scan) in scans.enumerated() where isTrained.contains(scan) {
        for concept in 0..<form.maps {
          let relevance = found[place].relevances[concept]
          for at in (concept * form.places)..<((concept + 1) * form.places) {
            let value = pass.maps[place][at]
            sums[at] += value
            products[at] += relevance * value
          }
        }
      }
    }
    let n = Double(training.trained.count)
    extractor.usual = sums.map { $0 / n }
    let samples = (0..<form.maps).map { concept in Sample(training.trained.map { answers[$0].relevances[concept] }) }
    let (means, deviations) = (samples.map { $0.mean ?? 0 }, samples.map { $0.standardDeviation ?? 0 })
    (self.extractor, self.answers, self.means, self.deviations) = (extractor, answers, means, deviations)
    trained = Self.fidelity(of: training.trained, answers, cohort)
    heldOut = Self.fidelity(of: training.heldOut, answers, cohort)
    let along = sums.indices.map { at -> Float in
      let concept = at / form.places
      guard deviations[concept] >= 1e-9 else { return 0 }
      return Float((products[at] - means[concept] * sums[at]) / ((n - 1) * deviations[concept]))
    }
    volume = cohort.grid.volume(of: Tensor(along, shape: Shape([1, form.maps] + cohort.grid.shape.extents)))
    prototypes = try Self.prototypes(of: training.trained, answers, count, extractor, cohort)
  }

  private static func prototypes(
    of scans: [Int], _ answers: [ConceptAnswer], _ count: Int, _ extractor: ConceptExtractor, _ cohort: ConceptCohort
  ) throws(PellucidError) -> [Prototype] {
    let chosen = (0..<extractor.form.maps).map { concept in
      Array(
        scans.sorted { (-answers[$0].relevances[concept], $0) < (-answers[$1].relevances[concept], $1) }.prefix(count))
    }
    var peaks: [Int: [WorldPoint?]] = [:]
    for scan in Set(chosen.flatMap { $0 }).sorted() {
      let places = ConceptPlaces.all(extractor, try cohort.pass(extractor, of: [scan]))[0]
      peaks[scan] = (0..<extractor.form.maps).map { places.peak(of: $0, on: cohort.grid) }
    }
    return chosen.enumerated().flatMap { concept, scans in
      scans.enumerated().map { rank, scan in
        Prototype(
          concept: concept, rank: rank + 1, scan: scan, relevance: answers[scan].relevances[concept],
          peak: peaks[scan]?[concept] ?? nil)
      }
    }
  }

  private static func fidelity(of scans: [Int], _ answers: [ConceptAnswer], _ cohort: ConceptCohort) -> Fidelity {
    func largest(_ values: [Double]) -> Int {
      values.count == 1 ? (values[0] > 0.5 ? 1 : 0) : values.indices.max { values[$0] < values[$1] } ?? 0
    }
    let (p, q) = (scans.flatMap { cohort.probabilities[$0] }, scans.flatMap { answers[$0].probabilities })
    let count = Double(max(1, scans.count))
    return Fidelity(
      scans: scans.count,
      agreement: Double(scans.count { largest(answers[$0].probabilities) == largest(cohort.probabilities[$0]) })
        / count,
      relevanceAgreement: Double(
        scans.count { largest(answers[$0].classRelevances) == largest(cohort.probabilities[$0]) }) / count,
      difference: zip(p, q).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(1, p.count)),
      correlation: Correlation.coefficient(p, q))
  }
}
