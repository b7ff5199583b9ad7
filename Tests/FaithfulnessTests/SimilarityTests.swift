import FoundationEssentials
import PellucidFaithfulness
import Testing

/// How alike maps are, against SciPy and scikit-image (`Tests/References/make_similarity.py`).
@Suite struct `Likeness of maps` {
  private struct Wanted: Decodable {
    var shape: [Int]
    var first, second: [Float]
    var spearman, ssim, pearson: Double
  }

  @Test func `is SciPy's and scikit-image's`() throws {
    let data = try #require(FileManager.default.contents(atPath: Reference.folder + "similarity.json"))
    let wanted = try JSONDecoder().decode(Wanted.self, from: data)
    let (a, b) = (RankedMap(wanted.first, spatial: wanted.shape), RankedMap(wanted.second, spatial: wanted.shape))
    let found = MapSimilarity(a, b)
    #expect(abs(try #require(found.spearman) - wanted.spearman) < 1e-9)
    #expect(abs(try #require(found.structure) - wanted.ssim) < 1e-5)
    #expect(abs(try #require(found.pearson) - wanted.pearson) < 1e-9)
    #expect(abs(try #require(MapSimilarity(a, a).spearman) - 1) < 1e-12)
  }

  @Test func `a map of zeros is like nothing, and small grids have no structure`() {
    let zero = RankedMap([Float](repeating: 0, count: 8), spatial: [2, 2, 2])
    let other = RankedMap((0..<8).map { Float($0) }, spatial: [2, 2, 2])
    #expect(MapSimilarity(zero, other).spearman == nil)
    #expect(MapSimilarity(zero, other).pearson == nil)
    #expect(MapSimilarity(other, other).structure == nil)
    #expect(zero.isZero)
  }
}
