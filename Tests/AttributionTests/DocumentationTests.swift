import Foundation
import PellucidAttribution
import Testing

/// `docs/methods.md` describes what the catalogue has.
@Suite struct `The documentation of methods` {
  private static let docs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs")
  private let lines: [Substring]

  init() throws {
    lines = try String(contentsOf: Self.docs.appending(path: "methods.md"), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The methods' headings with the lines below them.
  private var entries: [(name: String, lines: [Substring])] {
    var found: [(name: String, lines: [Substring])] = []
    for line in lines {
      if line.hasPrefix("### `") {
        found.append((String(line.dropFirst(5).prefix { $0 != "`" }), []))
      } else if line.hasPrefix("## ") || line.hasPrefix("### ") {
        found.append(("", []))
      } else if !found.isEmpty {
        found[found.count - 1].lines.append(line)
      }
    }
    return found.filter { !$0.name.isEmpty }
  }

  @Test func `has every method of the catalogue, and no other`() {
    #expect(Set(entries.map(\.name)) == Set(MethodCatalogue.methods.map { $0.name }))
    #expect(entries.count == MethodCatalogue.methods.count)
  }

  @Test func `says of each what it computes, what it answers and when it misleads`() {
    for entry in entries {
      let text = entry.lines.joined(separator: "\n")
      #expect(entry.lines.contains { $0.hasPrefix("    ") }, "\(entry.name) has no formula")
      for word in ["**Answers**", "**Paper**", "**Misleads**"] {
        #expect(text.contains(word), "\(entry.name): \(word)")
      }
    }
  }

  @Test func `stands on papers that the bibliography has`() throws {
    let page = Self.docs.deletingLastPathComponent().appending(path: "Sources/Pellucid/Pellucid.docc/Bibliography.md")
    let bibliography = try String(contentsOf: page, encoding: .utf8)
    for method in MethodCatalogue.methods {
      let papers = method.paper.matches(of: /(?:arXiv|doi):[^ ,]+/).map { String($0.output) }
      #expect(!papers.isEmpty, "\(method.name)")
      for paper in papers { #expect(bibliography.contains("[\(paper)]"), "\(paper)") }
    }
  }

  @Test func `links to pictures that are there`() {
    let pictures = lines.flatMap { line in line.matches(of: /\]\((images\/[^)]*)\)/).map { String($0.output.1) } }
    #expect(pictures.count >= 10)
    for picture in pictures {
      #expect(FileManager.default.fileExists(atPath: Self.docs.appending(path: picture).path), "\(picture)")
    }
  }
}
