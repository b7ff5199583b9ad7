import Foundation
import PellucidStatistics
import Testing

/// Intervals against scipy's bootstrap (`Tests/References/make_bootstrap.py`).
@Suite struct `Bootstrap intervals` {
  struct Reference: Decodable {
    struct Groups: Decodable { var a, b, interval: [Double] }
    struct Pairs: Decodable { var x, interval: [Double] }
    var groups: [Groups]
    var pairs: Pairs
  }

  private static let reference = Result {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/bootstrap.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
  }

  private func expect(_ found: (low: Double, high: Double)?, near wanted: [Double]) throws {
    let found = try #require(found)
    let width = wanted[1] - wanted[0]
    #expect(abs(found.low - wanted[0]) < 0.03 * width && abs(found.high - wanted[1]) < 0.03 * width, "\(found)")
  }

  @Test func `are scipy's but for the draws`() throws {
    let reference = try Self.reference.get()
    for item in reference.groups {
      try expect(Bootstrap.difference(item.a, item.b, draws: 50_000, seed: 1), near: item.interval)
    }
    try expect(Bootstrap.mean(of: reference.pairs.x, draws: 50_000, seed: 1), near: reference.pairs.interval)
  }

  @Test func `are the same for a seed, and none where there is nothing to draw`() throws {
    let item = try Self.reference.get().groups[0]
    let found = [1, 1, 2].map { Bootstrap.difference(item.a, item.b, draws: 200, seed: $0) }
    #expect(found[0]?.low == found[1]?.low && found[0]?.low != found[2]?.low)
    #expect(Bootstrap.difference([1], [1, 2], draws: 200, seed: 1) == nil)
    #expect(Bootstrap.difference([1, 2], [1, 2], draws: 0, seed: 1) == nil)
    #expect(Bootstrap.mean(of: [3, 3, 3], draws: 50, seed: 1).map { $0.low == 3 && $0.high == 3 } == true)
  }
}
