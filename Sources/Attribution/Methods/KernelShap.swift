public import PellucidFaults
internal import PellucidTensors

/// Shapley values of the features by weighted regression.
///
///     φ = argmin Σ_S π(|S|)·(s(S) − s(∅) − Σ_{i∈S} φ_i)²   with Σφ = s(x) − s(∅)
///     π(k) = (M − 1) / (C(M, k)·k·(M − k))
///
/// s(S) is the score with the features of S there and the others at the fill. Where all 2^M − 2 coalitions are no more than the
/// samples, they are all scored and φ is exact; else pairs of a coalition and its complement are drawn by the kernel. The map shares
/// φ equally among a feature's voxels, so that its sum is s(x) − s(∅) and a region table's `sum` is φ.
/// - Source: Lundberg & Lee 2017, arXiv:1705.07874; pairs and the constrained solution as Covert & Lee 2021, arXiv:2012.01536.
/// - Complexity: a pass a sample.
public struct KernelShap {
  /// How much is sampled, of which features, and what absent ones become.
  public let sampling: CoalitionSampling

  /// The method with this sampling.
  public init(_ sampling: CoalitionSampling) { self.sampling = sampling }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension KernelShap: DrawnCoalitionMethod {
  public static let name = "kernel-shap"
  public static let summary = "Shapley values of features by weighted regression"
  public static let paper = "Lundberg & Lee 2017, arXiv:1705.07874"
  public static let measure = Relevance.Measure.extensive

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let occluder = try sampling.features.occluder(for: subject)
    let features = try sampling.features.features(of: subject, occluder)
    let scorer = try CoalitionScorer(features, of: subject, to: score, occluder)
    let sample = Self.sample(features.count, samples: samples, seed: sampling.features.seed)
    let all = [Coalition(features.count, allThere: false)] + sample.coalitions
    let scores = try scorer.scores(of: all, progress: progress)
    let whole = scorer.baseline - scores[0]
    let gains = scores.dropFirst().map { $0 - scores[0] }
    guard let values = Self.values(sample.coalitions, gains, weights: sample.weights, count: features.count, sum: whole)
    else { throw .samplesDoNotDetermine(features.count, samples: samples) }
    return Relevance(
      features.sharedMap(values), measure: Self.measure,
      facts: sampling.features.facts(features, occluder) + [
        .init("samples", .integers([sample.coalitions.count])), .init("exact", .text(sample.isComplete ? "yes" : "no")),
        .init("score", .number(scorer.baseline)), .init("score_of_none", .number(scores[0])),
        .init("additivity_residual", .number(whole - values.reduce(0, +))),
      ])
  }

  /// Coalitions with their weights: all of them, or pairs drawn by the kernel.
  package static func sample(
    _ count: Int, samples: Int, seed: Int
  ) -> (coalitions: [Coalition], weights: [Double], isComplete: Bool) {
    // The kernel's weight of all coalitions of a size.
    let bySize = (1..<max(count, 2)).map { size in Double(count - 1) / (Double(size) * Double(count - size)) }
    if count < 21, (1 << count) - 2 <= samples {
      var coalitions: [Coalition] = []
      var weights: [Double] = []
      for bits in 1..<max((1 << count) - 1, 1) {
        var coalition = Coalition(count, allThere: false)
        for feature in 0..<count { coalition[feature] = bits >> feature & 1 == 1 }
        coalitions.append(coalition)
        weights.append(bySize[coalition.size - 1] / binomial(count, coalition.size))
      }
      return (coalitions, weights, true)
    }
    var random = UniformNumbers(seed: seed)
    let total = bySize.reduce(0, +)
    var coalitions: [Coalition] = []
    while coalitions.count + 1 < samples {
      var rest = random.next() * total
      var size = 1
      while size < count - 1, rest >= bySize[size - 1] {
        rest -= bySize[size - 1]
        size += 1
      }
      var coalition = Coalition(count, allThere: false)
      for feature in random.permutation(of: count).prefix(size) { coalition[feature] = true }
      coalitions += [coalition, coalition.complement]
    }
    return (coalitions, Array(repeating: 1, count: coalitions.count), false)
  }

  /// The constrained solution φ = A⁻¹(b − 1·(1ᵀA⁻¹b − sum) / 1ᵀA⁻¹1); nil where the coalitions do not determine it.
  package static func values(
    _ coalitions: [Coalition], _ gains: [Double], weights: [Double], count: Int, sum: Double
  ) -> [Double]? {
    if count == 1 { return [sum] }
    let rows = coalitions.map(\.row)
    let total = weights.reduce(0, +)
    guard total > 0 else { return nil }
    let shares = weights.map { $0 / total }
    var matrix = LinearSystem.gram(rows, weights: shares, size: count)
    // Far below the rounding of the scores, and enough to tell a singular system.
    for i in 0..<count { matrix[i * count + i] += 1e-12 }
    guard coalitions.count >= count, let system = LinearSystem(matrix, size: count) else { return nil }
    let free = system.solution(of: LinearSystem.moments(rows, gains, weights: shares, size: count))
    let ones = system.solution(of: Array(repeating: 1, count: count))
    let excess = (free.reduce(0, +) - sum) / ones.reduce(0, +)
    return zip(free, ones).map { $0 - excess * $1 }
  }

  private static func binomial(_ n: Int, _ k: Int) -> Double {
    (0..<min(k, n - k)).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
  }
}
