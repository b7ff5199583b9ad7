import PellucidAtlases
import PellucidEvaluation
import PellucidVolumes
import Testing

@Suite struct `Ranks of regions` {
  /// Regions 1…4 of one voxel along i but the second, which has two, and a fifth that the grid does not hold.
  private func table(_ relevance: [Float]) throws -> RegionTable {
    let shape = GridShape(i: 6, j: 1, k: 1)
    let labels = Volume(shape: shape, voxels: [0, 1, 2, 2, 3, 4], affine: .identity, source: "strip.nii")
    let names = try LabelTable(text: "index\tname\n1\tA\n2\tB\n3\tC\n4\tD\n5\tNowhere\n", source: "strip.tsv")
    let atlas = try Atlas(name: "strip", image: LabelVolume(labels), labels: names)
    return try RegionTable(of: Volume(shape: shape, voxels: relevance, affine: .identity), atlas: atlas)
  }

  @Test func `go by mean |R|: neither size nor sign nor the outside counts`() throws {
    let rank = try #require(RegionRank(table([9, 1, 2, -2, -4, 0.5]), changed: [2, 4]))
    #expect(rank.regions == 4)
    #expect(rank.places == [.init(name: "B", place: 2), .init(name: "D", place: 4)])
    #expect(rank.meanPlace == 3)
    #expect(rank.top == 0.5)
    // Of the pairs B–A, B–C, D–A, D–C, one is in order.
    #expect(rank.area == 0.25)
  }

  @Test func `of a map that knows nothing are the middle`() throws {
    let rank = try #require(RegionRank(table([1, 1, 1, 1, 1, 1]), changed: [1, 2, 5]))
    #expect(rank.meanPlace == 2.5)
    #expect(rank.top == 0.5)
    #expect(rank.area == 0.5)
  }

  @Test func `need a changed region on the grid and one that is not`() throws {
    #expect(try RegionRank(table([1, 1, 1, 1, 1, 1]), changed: [5]) == nil)
    #expect(try RegionRank(table([1, 1, 1, 1, 1, 1]), changed: [1, 2, 3, 4]) == nil)
    #expect(try RegionRank(table([1, 1, 1, 1, 1, 1]), changed: []) == nil)
  }

  @Test func `stand in the scores, whose channels are added up`() throws {
    let shape = GridShape(i: 6, j: 1, k: 1)
    let map = Volume(shape: shape, channels: 2, voxels: [0, 1, 0, 0, 2, 0, 0, -1, 0, 0, 1, 1], affine: .identity)
    let truth = TruthMask([false, false, false, false, true, false], shape: shape)
    let scores = TruthScores(map, truth: truth, table: try table([0, 0, 0, 0, 3, 1]), changed: [3])
    #expect(scores[.relevanceMass] == 0.75)
    #expect(scores[.relevanceRank] == 1)
    #expect(scores[.areaUnderCurve] == 1)
    #expect(scores.region?.meanPlace == 1)
    #expect(scores[.regionPlace] == 1)
    #expect(TruthScores(map, truth: truth)[.regionArea] == nil)
  }
}
