import Foundation
import PellucidAttribution
import Testing

/// The catalogues have what their folders have.
@Suite struct FolderTests {
  private static let room = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Attribution")

  /// What a pattern captures in the files of a folder.
  private func names(_ folder: String, _ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.room.appending(path: folder), includingPropertiesForKeys: nil)
    return Set(
      try files.flatMap { file in
        try String(contentsOf: file, encoding: .utf8).matches(of: pattern).map { String($0.output.1) }
      })
  }

  @Test func `every method is in the catalogue`() throws {
    #expect(
      try names("Methods", /public static let name = "([a-z-]+)"/) == Set(MethodCatalogue.methods.map { $0.name }))
  }

  @Test func `every rule that a file can name is in the catalogue`() throws {
    #expect(try names("LRP/Rules", /NamedRule\(\s*"([a-z-]+)"/) == Set(CompositeRecipe.ruleNames))
  }

  @Test func `every composite is in the catalogue`() throws {
    #expect(
      try names("LRP/Composites", /NamedComposite\(\s*"([a-z0-9-]+)"/)
        == Set(CompositeCatalogue.composites.map(\.name)))
  }
}
