package import Faults
internal import Networks
internal import Tensors

/// How high the score is, on average, where a voxel is let through by smooth random masks.
///
///     R_v = 1 / (N·p) · Σ_n s(m_n·x + (1 − m_n)·fill) · m_n(v)
///
/// All values have the sign of the score and a common offset: what counts is where R is higher than elsewhere.
/// Masks fade to the fill by themselves, so there is no feather.
/// - Source: Petsiuk et al. 2018, arXiv:1806.07421, with masks in three dimensions; `RiseMask` says how they are made.
/// - Complexity: a whole pass a mask.
package struct Rise: AttributionMethod {
  package static let name = "rise"
  package static let summary = "the mean score over smooth random masks that let a voxel through"
  package static let paper = "Petsiuk et al. 2018, arXiv:1806.07421"
  package static let measure = Relevance.Measure.intensive
  package static let options =
    [
      MethodOption("masks", "N", default: "1000", "random masks"),
      MethodOption("cells", "N", default: "7", "cells of the masks' coarse grid along each axis"),
      MethodOption("probability", "F", default: "0.5", "how likely a cell is let through"),
    ] + Fill.options.filter { $0.name != "feather" } + [Fill.seedOption]
  package static let defaultScore = ScoreKind.probability

  private let masks, cells, seed: Int
  private let probability: Float
  private let fill: Fill

  package init(_ values: OptionValues) throws(PellucidError) {
    masks = try values.integer("masks", default: 1000, least: 1, most: 1_000_000)
    cells = try values.integer("cells", default: 7, least: 2, most: 64)
    probability = try values.number("probability", default: 0.5, in: 0.01...0.99, "a number between 0.01 and 0.99")
    fill = try Fill(values)
    seed = try values.integer("seed", default: 0, least: 0)
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let spatial = subject.image.shape.spatial
    let whole = Box(whole: spatial)
    let occluder = try Occluder(fill, for: subject)
    let scorer = try PerturbationScorer(score, image: subject.image)
    let size = min(64, max(1, scorer.roundBytes / (8 * whole.count)))
    var random = UniformNumbers(seed: seed)
    var sums = [Double](repeating: 0, count: whole.count)
    var done = 0
    while done < masks {
      let round = (0..<min(size, masks - done)).map { _ in
        RiseMask(&random, cells: cells, extents: spatial, probability: Double(probability)).values
      }
      let changes = round.map { occluder.perturbation(.weights($0.map { 1 - $0 }, within: whole)) }
      let part = PartProgress(whole: progress, before: done, total: masks)
      for (mask, score) in zip(round, try scorer.scores(of: changes, progress: part)) {
        for voxel in mask.indices { sums[voxel] += score * Double(mask[voxel]) }
      }
      done += round.count
    }
    let factor = 1 / (Double(masks) * Double(probability))
    return Relevance(
      Tensor(sums.map { Float($0 * factor) }, shape: Shape([1, 1] + spatial)), measure: Self.measure,
      facts: [.init("masks", .integers([masks])), .init("score", .number(scorer.baseline))] + occluder.facts)
  }
}
