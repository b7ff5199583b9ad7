import PellucidFaults
import PellucidModelCards
import Testing

@Suite struct `Scalings of several channels` {
  private func input(_ yaml: String) throws -> ModelCard.Input {
    try ModelCard(yaml: "input: {\(yaml)}", file: "n.yaml").input
  }

  @Test func `are lists, one item a channel, and single values hold for all`() throws {
    let input = try input(
      "normalization: [zscore, {percentile: [1, 99]}, none], mask: [nonzero, none, none], keep_zeros: true, background: [0, -1, 2]"
    )
    #expect(input.scalings.map(\.normalization) == [.zscore, .percentile(low: 1, high: 99), .none])
    #expect(input.scalings.map(\.mask) == [.nonzero, .none, .none])
    #expect(input.scalings.map(\.keepZeros) == [true, true, true])
    #expect(input.backgrounds(channels: 3) == [0, -1, 2])
  }

  @Test func `one value is one scaling, whatever the channels`() throws {
    let input = try input("normalization: minmax, scale: [-1, 1], clip: [0, 255], background: -1")
    #expect(input.scalings.count == 1 && input.backgrounds(channels: 2) == [-1, -1])
    #expect(input.scalings[0].clip == 0...255 && input.scalings[0].scale == [-1, 1])
  }

  @Test func `clip and scale take a list of pairs`() throws {
    let input = try input("clip: [[0, 1], [2, 3]], normalization: [minmax, minmax], scale: [[-1, 1], [0, 2]]")
    #expect(input.scalings.map(\.clip) == [0...1, 2...3] && input.scalings.map(\.scale) == [[-1, 1], [0, 2]])
  }

  @Test(arguments: [
    ("mask: [none, nonzero], normalization: [zscore, none, none]", "input.mask"),
    ("normalization: [zscore, z-score]", "input.normalization[1]"),
    ("keep_zeros: [true, maybe]", "input.keep_zeros[1]"),
    ("background: []", "input.background"), ("clip: [3, 1]", "input.clip"), ("scale: [0, 2]", "input.scale"),
    ("normalization: [zscore, minmax], scale: [[0, 1], [0, 2]]", "input.scale[0]"), ("clip: [1, 2, 3]", "input.clip"),
  ])
  func `that do not fit name the key`(yaml: String, part: String) throws {
    let error = try #require(throws: PellucidError.self) { try input(yaml) }
    #expect(error.kind == .badData && error.place.part == part, "\(error)")
  }
}
