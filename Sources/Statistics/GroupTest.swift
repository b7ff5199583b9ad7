/// What is compared: two groups of subjects, with covariates or without, or pairs; and how the comparison looks once labels are shuffled.
///
/// Without covariates t is Welch's. With covariates it is the group's in the linear model, and what is shuffled are the residuals of the
/// model without the group (Freedman and Lane 1983, doi:10.2307/1391660; Winkler and others 2014, doi:10.1016/j.neuroimage.2014.01.060).
/// Pairs are shuffled by changing signs.
public struct GroupTest: Sendable {
  private enum Design {
    case groups(isA: [Bool])
    case model(full: LinearModel, reduced: LinearModel)
    case pairs
  }

  private let design: Design
  /// Subjects, or pairs.
  public let count: Int

  /// Two groups.
  /// - Parameters:
  ///   - isA: whether a subject is of the first group.
  ///   - covariates: a column each; none: Welch's test.
  /// - Returns: nil where a group has fewer than two, or columns depend on one another.
  public init?(isA: [Bool], covariates: [[Double]] = []) {
    count = isA.count
    guard isA.count(where: { $0 }) > 1, isA.count(where: { !$0 }) > 1 else { return nil }
    guard !covariates.isEmpty else {
      design = .groups(isA: isA)
      return
    }
    let constant = [Double](repeating: 1, count: isA.count)
    // Centred columns are further from the constant, and from rounding.
    let centred = covariates.map { column in
      let mean = Sample(column).mean ?? 0
      return column.map { $0 - mean }
    }
    guard let reduced = LinearModel([constant] + centred),
      let full = LinearModel([constant] + centred + [isA.map { $0 ? 1 : 0 }])
    else { return nil }
    design = .model(full: full, reduced: reduced)
  }

  /// Pairs, by their differences.
  public init?(pairs count: Int) {
    guard count > 1 else { return nil }
    self.count = count
    design = .pairs
  }

  /// t and its two-sided p; nil where nothing varies.
  public func test(_ values: [Double]) -> (t: Double, p: Double)? {
    switch design {
    case .groups(let isA): return Self.groups(values, isA).welch.map { ($0.t, $0.p) }
    case .model(let full, _):
      guard let t = full.lastT(values),
        let p = StudentT.twoSided(t, degreesOfFreedom: Double(full.degreesOfFreedom))
      else { return nil }
      return (t, p)
    case .pairs: return Pairs(values).test.map { ($0.t, $0.p) }
    }
  }

  private static func groups(_ values: [Double], _ isA: [Bool]) -> TwoGroups {
    TwoGroups(
      Sample(zip(values, isA).filter(\.1).map(\.0)), Sample(zip(values, isA).filter { !$0.1 }.map(\.0)))
  }

  /// The values that are shuffled: those of the subjects, or what covariates leave of them.
  public func exchangeable(_ values: [Double]) -> [Double] {
    if case .model(_, let reduced) = design { reduced.residuals(values) } else { values }
  }

  /// t once shuffled.
  /// - Parameters:
  ///   - exchangeable: of ``exchangeable(_:)``.
  ///   - shuffle: of the same subjects.
  public func t(of exchangeable: [Double], _ shuffle: Shuffle) -> Double? {
    switch design {
    case .groups(let isA): Self.groups(shuffle.order.map { exchangeable[$0] }, isA).welch?.t
    case .model(let full, _): full.lastT(shuffle.order.map { exchangeable[$0] })
    case .pairs: Pairs(zip(exchangeable, shuffle.signs).map { $0 * $1 }).test?.t
    }
  }
}

/// One shuffling of subjects: an order, and signs for pairs.
public struct Shuffle: Sendable {
  /// Whose value each subject gets.
  public let order: [Int]
  /// What each pair's difference is multiplied by.
  public let signs: [Double]

  /// The shuffle of a number and seed, which does not depend on others.
  public init(_ number: Int, seed: UInt64, count: Int) {
    var numbers = RandomNumbers(seed: seed, stream: UInt64(number))
    order = numbers.permutation(count)
    signs = numbers.signs(count)
  }

  private init(order: [Int], signs: [Double]) { (self.order, self.signs) = (order, signs) }

  /// The same for some of the subjects, in their order.
  public func restricted(to subjects: [Int]) -> Shuffle {
    var places: [Int: Int] = [:]
    for (place, subject) in subjects.enumerated() { places[subject] = place }
    return Shuffle(order: order.compactMap { places[$0] }, signs: subjects.map { signs[$0] })
  }
}

/// p values by shuffling, for several outcomes of the same subjects.
public struct PermutationTest: Sendable {
  /// An outcome: whose values there are, which, and how they are compared.
  public struct Outcome: Sendable {
    let subjects: [Int]
    let test: GroupTest
    let exchangeable: [Double]
    let size: Double?

    /// - Parameters:
    ///   - subjects: places among all.
    ///   - values: one each.
    ///   - test: of those subjects.
    public init(subjects: [Int], values: [Double], test: GroupTest) {
      (self.subjects, self.test) = (subjects, test)
      exchangeable = test.exchangeable(values)
      size = test.test(values).map { abs($0.t) }
    }
  }

  /// p of each outcome, (b + 1)/(N + 1) with b of N shuffles at least as far from 0; nil where nothing varies.
  public private(set) var p: [Double?]
  /// The same against the largest |t| of all outcomes: the family-wise error (Westfall and Young 1993).
  public private(set) var familyWise: [Double?]

  /// Shuffles so many times.
  /// - Parameter count: all subjects.
  public init(_ outcomes: [Outcome], count: Int, permutations: Int, seed: UInt64) {
    var above = [Int](repeating: 0, count: outcomes.count)
    var aboveAll = above
    for number in 0..<permutations {
      let shuffle = Shuffle(number, seed: seed, count: count)
      var largest = 0.0
      for (place, outcome) in outcomes.enumerated() {
        guard let size = outcome.size else { continue }
        let own = outcome.subjects.count == count ? shuffle : shuffle.restricted(to: outcome.subjects)
        let t = abs(outcome.test.t(of: outcome.exchangeable, own) ?? 0)
        // Shuffles that change nothing give the same but for rounding.
        if t >= size * (1 - 1e-12) { above[place] += 1 }
        largest = max(largest, t)
      }
      for (place, outcome) in outcomes.enumerated() {
        if let size = outcome.size, largest >= size * (1 - 1e-12) { aboveAll[place] += 1 }
      }
    }
    func share(_ counts: [Int]) -> [Double?] {
      zip(outcomes, counts).map { outcome, count in
        outcome.size.map { _ in Double(count + 1) / Double(permutations + 1) }
      }
    }
    (p, familyWise) = (share(above), share(aboveAll))
  }
}
