import Foundation
import PellucidStatistics
import Testing

/// What scipy, statsmodels and nilearn compute of the same numbers: `Tests/References/make_statistics.py`.
struct Reference {
  let values: [String: Any]

  init(_ name: String, file: String = "statistics.json") throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(file)")
    let all = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    values = try #require(all[name] as? [String: Any])
  }

  private init(_ values: [String: Any]) { self.values = values }

  /// The cases of a list of objects at the top.
  static func cases(_ name: String, file: String = "statistics.json") throws -> [Reference] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(file)")
    let all = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    return try #require(all[name] as? [[String: Any]]).map(Reference.init)
  }

  func cases(_ name: String) throws -> [Reference] {
    try #require(values[name] as? [[String: Any]]).map(Reference.init)
  }

  func inner(_ name: String) throws -> Reference { Reference(try #require(values[name] as? [String: Any])) }
  func number(_ name: String) throws -> Double { try #require(values[name] as? NSNumber).doubleValue }
  func numbers(_ name: String) throws -> [Double] { try #require(values[name] as? [NSNumber]).map(\.doubleValue) }
  func truths(_ name: String) throws -> [Bool] { try #require(values[name] as? [NSNumber]).map(\.boolValue) }
  func rows(_ name: String) throws -> [[Double]] {
    try #require(values[name] as? [[NSNumber]]).map { $0.map(\.doubleValue) }
  }
}

/// Within a part of the expected number.
func isNear(_ found: Double?, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
  guard let found else { return false }
  return abs(found - expected) <= tolerance * max(abs(expected), 1e-300)
}

@Suite struct `Statistics` {
  @Test func `Student's t is scipy's`() throws {
    let reference = try Reference("t_distribution")
    for row in try reference.rows("two_sided") {
      // At 1e-8 scipy says 1; what is exact to first order, 1 − 2·f(0)·t, is 1e-8 from that.
      let tolerance = row[0] == 1e-8 ? 1e-8 : 1e-9
      #expect(isNear(StudentT.twoSided(row[0], degreesOfFreedom: row[1]), row[2], tolerance), "\(row)")
    }
    for row in try reference.rows("critical") {
      #expect(isNear(StudentT.critical(row[0], degreesOfFreedom: row[1]), row[2]), "\(row)")
    }
    // Cauchy's distribution is known in full: p = 1 − 2·atan(t)/π.
    #expect(isNear(StudentT.twoSided(1e-8, degreesOfFreedom: 1), 1 - 2e-8 / Double.pi, 1e-15))
  }

  @Test func `Welch's test, its interval, d and gain are scipy's`() throws {
    for reference in try Reference.cases("two_groups") {
      let groups = TwoGroups(Sample(try reference.numbers("a")), Sample(try reference.numbers("b")))
      #expect(isNear(groups.welch?.t, try reference.number("t")))
      #expect(isNear(groups.welch?.p, try reference.number("p")))
      #expect(isNear(groups.welch?.degreesOfFreedom, try reference.number("df")))
      #expect(isNear(groups.interval?.low, try reference.number("low")))
      #expect(isNear(groups.interval?.high, try reference.number("high")))
      #expect(isNear(groups.cohensD, try reference.number("d")))
      #expect(isNear(groups.gain, try reference.number("gain")))
    }
  }

  @Test func `groups of one, or without spread, have no test`() {
    #expect(TwoGroups(Sample([1]), Sample([2, 3])).welch == nil)
    #expect(TwoGroups(Sample([1, 1]), Sample([1, 1])).welch == nil)
    #expect(TwoGroups(Sample([]), Sample([2])).difference == nil)
    #expect(GroupTest(isA: [true, false, false]) == nil)
    #expect(Pairs([2, 2, 2]).test == nil)
  }

  @Test func `paired test and interval are scipy's`() throws {
    let reference = try Reference("pairs")
    let pairs = Pairs(try reference.numbers("x"))
    #expect(isNear(pairs.test?.t, try reference.number("t")))
    #expect(isNear(pairs.test?.p, try reference.number("p")))
    #expect(isNear(pairs.interval?.low, try reference.number("low")))
  }

  @Test func `the linear model is statsmodels'`() throws {
    let reference = try Reference("linear_model")
    let (isA, y) = (try reference.truths("is_a"), try reference.numbers("y"))
    let (age, sex) = (try reference.numbers("age"), try reference.numbers("sex"))
    let test = try #require(GroupTest(isA: isA, covariates: [age, sex]))
    #expect(isNear(test.test(y)?.t, try reference.number("t")))
    #expect(isNear(test.test(y)?.p, try reference.number("p")))
    for (left, expected) in zip(test.exchangeable(y), try reference.numbers("residuals")) {
      #expect(abs(left - expected) < 1e-12)
    }
    let model = try #require(
      LinearModel([[Double](repeating: 1, count: y.count), age, sex, isA.map { $0 ? 1 : 0 }]))
    for (found, expected) in zip(model.coefficients(y), try reference.numbers("coefficients")) {
      #expect(isNear(found, expected))
    }
    #expect(isNear(model.lastCoefficient(y)?.error, try reference.number("error")))
  }

  @Test func `columns that depend on one another are found`() {
    let (one, age) = ([1.0, 1, 1, 1, 1], [60.0, 71, 65, 80, 77])
    #expect(LinearModel.dependentColumn([one, age, age.map { 2 * $0 + 1 }]) == 2)
    #expect(LinearModel.dependentColumn([one, [3, 3, 3, 3, 3]]) == 1)
    #expect(LinearModel.dependentColumn([one, age]) == nil)
  }

  /// Two independent draws of N shuffles differ by three standard errors of their difference at most.
  private func isWithinMonteCarlo(_ p: Double?, _ expected: Double, _ mine: Int, _ theirs: Int) -> Bool {
    guard let p else { return false }
    return abs(p - expected) <= 3.3 * (expected * (1 - expected) * (1 / Double(mine) + 1 / Double(theirs))).squareRoot()
  }

  @Test func `permutations agree with scipy's, and Freedman and Lane's with statsmodels' fits`() throws {
    let reference = try Reference("permutation")
    for groups in try reference.cases("groups") {
      let (a, b) = (try groups.numbers("a"), try groups.numbers("b"))
      let isA = a.map { _ in true } + b.map { _ in false }
      let test = try #require(GroupTest(isA: isA))
      let outcome = PermutationTest.Outcome(subjects: Array(isA.indices), values: a + b, test: test)
      let found = PermutationTest([outcome], count: isA.count, permutations: 20_000, seed: 0)
      #expect(isWithinMonteCarlo(found.p[0], try groups.number("p"), 20_000, 20_000))
      #expect(found.familyWise == found.p)
    }
    // All 2¹² signs stand against 20,000 of them.
    let signs = try reference.inner("signs")
    let x = try signs.numbers("x")
    let pairs = PermutationTest.Outcome(
      subjects: Array(x.indices), values: x, test: try #require(GroupTest(pairs: x.count)))
    let found = PermutationTest([pairs], count: x.count, permutations: 20_000, seed: 0)
    #expect(isWithinMonteCarlo(found.p[0], try signs.number("p"), 20_000, .max))

    let model = try Reference("linear_model")
    let y = try model.numbers("y")
    let test = try #require(
      GroupTest(isA: try model.truths("is_a"), covariates: [try model.numbers("age"), try model.numbers("sex")]))
    let outcome = PermutationTest.Outcome(subjects: Array(y.indices), values: y, test: test)
    let shuffled = PermutationTest([outcome], count: y.count, permutations: 4000, seed: 0)
    #expect(isWithinMonteCarlo(shuffled.p[0], try model.number("permutation_p"), 4000, 4000))
  }

  @Test func `an outcome that nothing moves keeps the family-wise error`() throws {
    var numbers = RandomNumbers(seed: 7)
    var discoveries = 0
    let isA = (0..<20).map { $0 < 10 }
    for study in 0..<200 {
      let outcomes = try (0..<6).map { _ in
        let values = isA.map { _ in Double(numbers.below(1 << 30)) }
        return PermutationTest.Outcome(
          subjects: Array(isA.indices), values: values, test: try #require(GroupTest(isA: isA)))
      }
      let found = PermutationTest(outcomes, count: isA.count, permutations: 99, seed: UInt64(study))
      if found.familyWise.contains(where: { $0.map { $0 <= 0.05 } ?? false }) { discoveries += 1 }
    }
    // Binomial(200, 0.05): 10 expected, more than 21 in one of a thousand draws.
    #expect(discoveries <= 21)
  }

  @Test func `false discovery rates are statsmodels'`() throws {
    let reference = try Reference("false_discovery")
    let p = try reference.numbers("p")
    for (found, expected) in zip(FalseDiscovery.adjusted(p), try reference.numbers("q")) {
      #expect(isNear(found, expected))
    }
    #expect(FalseDiscovery.adjusted([nil, 0.02, nil]) == [nil, 0.02, nil])
  }

  @Test func `correlations are scipy's`() throws {
    let reference = try Reference("correlation")
    let (x, y) = (try reference.numbers("x"), try reference.numbers("y"))
    let (pearson, spearman) = (try reference.numbers("pearson"), try reference.numbers("spearman"))
    #expect(isNear(Correlation.pearson(x, y)?.r, pearson[0]) && isNear(Correlation.pearson(x, y)?.p, pearson[1]))
    #expect(isNear(Correlation.spearman(x, y)?.r, spearman[0]) && isNear(Correlation.spearman(x, y)?.p, spearman[1]))
    #expect(Correlation.pearson([1, 1, 1], [1, 2, 3]) == nil)
    #expect(isNear(Correlation.coefficient(x, y), pearson[0]) && isNear(Correlation.rankCoefficient(x, y), spearman[0]))
    #expect(Correlation.coefficient([0.1, 0.1, 0.1], [1, 2, 3]) == nil && Correlation.coefficient([1], [2]) == nil)
    #expect(isNear(Correlation.coefficient([1, 2], [5, 3]), -1))
    #expect(Sample([3, 1, 3, 2]).ranks == [3.5, 1, 3.5, 2])
  }

  @Test func `DeLong's interval is that of the pairs`() throws {
    let reference = try Reference("auc")
    let found = try #require(
      Performance.auc(positives: try reference.numbers("positives"), negatives: try reference.numbers("negatives")))
    #expect(isNear(found.area, try reference.number("area")))
    #expect(isNear(found.low, try reference.number("low")))
    #expect(isNear(found.high, try reference.number("high")))
  }
}

@Suite struct `Maps of statistics` {
  @Test func `threshold-free cluster enhancement is nilearn's`() throws {
    let reference = try Reference("tfce")
    let mask = try reference.truths("mask")
    let (values, expected) = (try reference.numbers("values"), try reference.numbers("enhanced"))
    let inside = mask.indices.filter { mask[$0] }
    let enhancement = ClusterEnhancement(mask: mask, extents: try reference.numbers("shape").map { Int($0) })
    let found = enhancement.enhanced(inside.map { values[$0] })
    let largest = found.reduce(0) { max($0, abs($1)) }
    for (place, voxel) in inside.enumerated() { #expect(abs(found[place] - expected[voxel]) <= 1e-9 * largest) }
    #expect(enhancement.enhanced(inside.map { _ in 0 }).allSatisfy { $0 == 0 })
  }

  @Test func `voxel-wise tests are nilearn's`() throws {
    let reference = try Reference("voxels")
    let mask = try reference.truths("mask")
    let inside = mask.indices.filter { mask[$0] }
    let maps = try reference.rows("data").map { row in inside.map { Float(row[$0]) } }
    let model = try #require(
      VoxelModel(maps, isA: try reference.truths("is_a"), covariates: [try reference.numbers("age")]))
    let enhancement = ClusterEnhancement(mask: mask, extents: try reference.numbers("shape").map { Int($0) })
    let t = model.t()
    let tfce = enhancement.enhanced(t)
    let (expectedT, expectedTFCE) = (try reference.numbers("t"), try reference.numbers("tfce"))
    // nilearn's own sums are in single precision.
    for (place, voxel) in inside.enumerated() {
      #expect(abs(t[place] - expectedT[voxel]) < 1e-5)
      #expect(abs(tfce[place] - expectedTFCE[voxel]) < 1e-5 * 6536)
    }
    let permutations = 1000
    var (largestT, largestTFCE): ([Double], [Double]) = ([], [])
    for number in 0..<permutations {
      let shuffled = model.t(Shuffle(number, seed: 0, count: maps.count))
      largestT.append(shuffled.reduce(0) { max($0, abs($1)) })
      largestTFCE.append(enhancement.enhanced(shuffled).reduce(0) { max($0, abs($1)) })
    }
    let (p, pTFCE) = (try reference.numbers("p"), try reference.numbers("p_tfce"))
    let theirs = try reference.number("permutations")
    for (values, largest, expected) in [(t, largestT, p), (tfce, largestTFCE, pTFCE)] {
      for (place, voxel) in inside.enumerated() {
        let found = Double(largest.count { $0 >= abs(values[place]) } + 1) / Double(permutations + 1)
        let p = expected[voxel]
        let error = (max(p * (1 - p), 1e-3) * (1 / Double(permutations) + 1 / theirs)).squareRoot()
        #expect(abs(found - p) <= 4 * error, "voxel \(voxel): \(found) for \(p)")
      }
    }
  }
}
