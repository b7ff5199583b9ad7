import Foundation
import PellucidModelCards
import PellucidVolumes
import Testing

@Suite struct `The card's page` {
  /// The keys in the first column of docs/card.md.
  private func documented() throws -> [String] {
    let root = #filePath.components(separatedBy: "/Tests/")[0]
    let text = try String(contentsOfFile: root + "/docs/card.md", encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("| `") else { return nil }
      return line.dropFirst(3).split(separator: "`").first.map(String.init)
    }
  }

  @Test func `has every key that the reader knows, once, and no other`() throws {
    let keys = try documented()
    #expect(keys.sorted() == CardKeys.paths.sorted())
  }

  @Test func `has an example that the reader takes`() throws {
    let root = #filePath.components(separatedBy: "/Tests/")[0]
    let text = try String(contentsOfFile: root + "/docs/card.md", encoding: .utf8)
    let example = text.components(separatedBy: "```yaml\n")[1].components(separatedBy: "```")[0]
    let card = try ModelCard(yaml: example, file: "card.yaml")
    #expect(card.output.classes == ["CN", "AD"] && card.input.normalization == .percentile(low: 1, high: 99))
  }

  @Test func `names the words that keys take`() throws {
    let root = #filePath.components(separatedBy: "/Tests/")[0]
    let text = try String(contentsOfFile: root + "/docs/card.md", encoding: .utf8)
    for (key, words) in [
      ("output.activation", ["softmax", "sigmoid", "none"]), ("output.kind", OutputKind.allCases.map(\.rawValue)),
      ("input.interpolation", Interpolation.allCases.map(\.rawValue)),
      ("input.mask", StatisticsMask.allCases.map(\.rawValue)),
    ] {
      let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `\(key)` ") })
      let cell = try #require(row.split(separator: "|").dropFirst().first)
      for word in words { #expect(cell.contains(word), "\(key) \(word)") }
    }
  }
}
