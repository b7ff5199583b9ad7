import Foundation
import PellucidEvaluation
import PellucidVolumes
import Testing

/// A case of `Tests/References/make_truth.py`.
struct ReferenceMap: Decodable, CustomTestStringConvertible {
  var name: String
  var relevance: [Float]
  var mask: [Int]
  var mass: Double?
  var rank, auc, dice, dice_of_twice_as_many, pointing: Double
  var places: [Double]

  var testDescription: String { name }

  var truth: TruthMask { TruthMask(mask.map { $0 == 1 }, shape: GridShape(i: mask.count, j: 1, k: 1)) }
  var ranking: Ranking { Ranking(relevance, in: truth) }

  static func all() throws -> [ReferenceMap] {
    struct File: Decodable { var cases: [ReferenceMap] }
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/truth.json")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).cases
  }
}

@Suite struct `Metrics of known truth` {
  @Test(arguments: try ReferenceMap.all())
  func `relevance mass is numpy's`(reference: ReferenceMap) throws {
    let mass = RelevanceMass.accuracy(of: reference.relevance, in: reference.truth)
    #expect((mass == nil) == (reference.mass == nil))
    if let mass, let expected = reference.mass { #expect(abs(mass - expected) <= 1e-12) }
  }

  @Test(arguments: try ReferenceMap.all())
  func `relevance rank is the mean over all orders of a tie`(reference: ReferenceMap) throws {
    let rank = try #require(RelevanceRank.accuracy(of: reference.ranking))
    #expect(abs(rank - reference.rank) <= 1e-12)
  }

  @Test(arguments: try ReferenceMap.all())
  func `the area is scikit-learn's`(reference: ReferenceMap) throws {
    let area = try #require(AreaUnderCurve.value(of: reference.ranking))
    #expect(abs(area - reference.auc) <= 1e-12)
  }

  @Test(arguments: try ReferenceMap.all())
  func `Dice is scipy's, and of as many voxels as were changed the relevance rank`(reference: ReferenceMap) throws {
    let ranking = reference.ranking
    let dice = try #require(TopDice.value(of: ranking))
    #expect(abs(dice - reference.dice) <= 1e-12)
    #expect(RelevanceRank.accuracy(of: ranking).map { abs($0 - dice) <= 1e-12 } == true)
    let twice = min(2 * ranking.wanted, ranking.count)
    let more = try #require(TopDice.value(of: ranking, count: twice))
    #expect(abs(more - reference.dice_of_twice_as_many) <= 1e-12)
  }

  @Test(arguments: try ReferenceMap.all())
  func `the pointing game hits as often as the first voxel of all orders was changed`(reference: ReferenceMap) throws {
    let hit = try #require(PointingGame.value(of: reference.ranking))
    #expect(abs(hit - reference.pointing) <= 1e-12)
  }

  @Test(arguments: try ReferenceMap.all())
  func `places are scipy's`(reference: ReferenceMap) throws {
    #expect(abs(reference.ranking.sumOfPlaces - reference.places.reduce(0, +)) <= 1e-9)
    let byOwnSize = Ranking(zip(reference.relevance, reference.mask).map { (Double(abs($0)), $1 == 1) })
    #expect(byOwnSize.sumOfPlaces == reference.ranking.sumOfPlaces)
    #expect(byOwnSize.orderedPairs == reference.ranking.orderedPairs)
  }

  @Test func `without anything to tell apart there is no number`() {
    let shape = GridShape(i: 3, j: 1, k: 1)
    let (none, all) = (TruthMask([false, false, false], shape: shape), TruthMask([true, true, true], shape: shape))
    #expect(RelevanceRank.accuracy(of: Ranking([1, 2, 3], in: none)) == nil)
    #expect(PointingGame.value(of: Ranking([1, 2, 3], in: none)) == nil)
    #expect(TopDice.value(of: Ranking([1, 2, 3], in: none)) == nil)
    #expect(AreaUnderCurve.value(of: Ranking([1, 2, 3], in: none)) == nil)
    #expect(AreaUnderCurve.value(of: Ranking([1, 2, 3], in: all)) == nil)
    #expect(RelevanceMass.accuracy(of: [0, 0, 0], in: all) == nil)
  }

  @Test func `the spread leaves out what is not defined`() {
    let spread = Spread([1, nil, 2, 4])
    #expect(spread.count == 3)
    #expect(abs((spread.mean ?? 0) - 7 / 3) < 1e-12)
    // numpy.std([1, 2, 4], ddof=1)
    #expect(abs((spread.sampleDeviation ?? 0) - 1.527_525_231_651_946_8) < 1e-12)
    #expect(Spread([nil]).mean == nil)
    #expect(Spread([3]).sampleDeviation == nil)
  }
}
