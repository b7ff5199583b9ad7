public import PellucidFaults
internal import PellucidTensors

/// Shapley values of the features by random orders.
///
///     φ_i = mean over orders of s(those before i, and i) − s(those before i)
///
/// Features enter one after the other, those that have not entered are at the fill. Orders come in pairs of one and its reverse, which
/// makes the mean steadier. The values sum to s(x) − s(∅) whatever the number of orders; the map shares φ equally among a feature's
/// voxels, so that a region table's `sum` is φ. The standard error comes from the spread of the pairs.
/// - Source: Castro et al. 2009, doi:10.1016/j.cor.2008.04.004; pairs as Mitchell et al. 2022, arXiv:2104.12199.
/// - Complexity: M − 1 passes an order of M features.
public struct ShapleySampling {
  /// Random orders of the features; an odd number is rounded up, since they come in pairs.
  public var permutations: Int { sampling.count }
  /// How much is sampled, of which features, and what absent ones become.
  public let sampling: CoalitionSampling

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - permutations: random orders of the features; an odd number is rounded up, since they come in pairs, 1 to 10,000.
  ///   - supervoxels: how many pieces of similar intensity are the features; nil: the atlas's regions, or 200 where there is no atlas.
  ///   - compactness: how round they are, 0.0001 to 10,000.
  ///   - fill: what absent features become.
  ///   - seed: start of the random numbers, also of the fill's noise.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  public init(
    permutations: Int = 10, supervoxels: Int? = nil, compactness: Float = 0.1, fill: Fill = .background, seed: Int = 0
  ) throws(PellucidError) {
    let features = try FeatureOptions(supervoxels: supervoxels, compactness: compactness, fill: fill, seed: seed)
    self.init(try CoalitionSampling(permutations, Self.amount, features))
  }

  /// The method with this sampling.
  public init(_ sampling: CoalitionSampling) { self.sampling = sampling }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ShapleySampling: CoalitionMethod {
  public static let name = "shapley-sampling"
  public static let summary = "Shapley values of features by random orders, with standard errors"
  public static let paper = "Castro et al. 2009, doi:10.1016/j.cor.2008.04.004"
  public static let measure = Relevance.Measure.extensive
  public static let amount = CoalitionSampling.Amount(
    "permutations", in: 1...10_000, default: 10, "random orders of the features, in pairs of one and its reverse")

  private var pairs: Int { (permutations + 1) / 2 }

  /// An odd number of orders is rounded up.
  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    sampling.features.settings(for: subject).merging([Self.amount.parameter.name: "\(2 * pairs)"])
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let occluder = try sampling.features.occluder(for: subject)
    let features = try sampling.features.features(of: subject, occluder)
    let count = features.count
    let scorer = try CoalitionScorer(features, of: subject, to: score, occluder)
    var random = UniformNumbers(seed: sampling.features.seed)
    var orders: [[Int]] = []
    for _ in 0..<pairs {
      let order = random.permutation(of: count)
      orders += [order, order.reversed()]
    }
    let scores = try scorer.scores(of: orders.flatMap(Self.coalitions), progress: progress)
    var (sums, squares) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    for pair in 0..<pairs {
      var gains = [Double](repeating: 0, count: count)
      for number in [2 * pair, 2 * pair + 1] {
        for (place, feature) in orders[number].enumerated() {
          let before = number * (count + 1) + place
          gains[feature] += (scores[before + 1] - scores[before]) / 2
        }
      }
      for feature in 0..<count {
        sums[feature] += gains[feature]
        squares[feature] += gains[feature] * gains[feature]
      }
    }
    let values = sums.map { $0 / Double(pairs) }
    var facts = sampling.features.facts(features, occluder)
    facts += [
      .init("permutations", .integers([2 * pairs])), .init("score", .number(scorer.baseline)),
      .init("score_of_none", .number(scores[0])),
      .init("additivity_residual", .number(scorer.baseline - scores[0] - values.reduce(0, +))),
    ]
    if pairs > 1 {
      let errors = zip(values, squares).map { value, square in
        (max(0, square / Double(pairs) - value * value) / Double(pairs - 1)).squareRoot()
      }
      facts += [
        .init("standard_error_mean", .number(errors.reduce(0, +) / Double(count))),
        .init("standard_error_max", .number(errors.max() ?? 0)),
      ]
    }
    return Relevance(features.sharedMap(values), measure: Self.measure, facts: facts)
  }

  /// None, then one feature more each time, up to all.
  private static func coalitions(_ order: [Int]) -> [Coalition] {
    var coalition = Coalition(order.count, allThere: false)
    return [coalition]
      + order.map { feature in
        coalition[feature] = true
        return coalition
      }
  }
}
