package import Foundation

/// A folder of its own for a test, gone when the test is.
package final class TemporaryFolder {
  /// Where it is.
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "pellucid-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Its path.
  package var path: String { url.path }

  /// The path of a file in it.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Names of what is in it, hidden ones too.
  package var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  /// All files and folders in it, or in a folder in it, hidden ones too, by path.
  package func listing(_ part: String = "") -> [String] {
    (FileManager.default.subpaths(atPath: url.appending(path: part).path) ?? []).sorted()
  }

  /// Writes a file, and says its path.
  @discardableResult
  package func write(_ name: String, _ bytes: Data) throws -> String {
    try bytes.write(to: url.appending(path: name))
    return path(name)
  }

  /// Writes a file, and says its path.
  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

  /// Writes a file, and says its path.
  @discardableResult
  package func write(_ name: String, _ bytes: [UInt8]) throws -> String { try write(name, Data(bytes)) }

  /// A file's bytes.
  package func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }

  /// A file's text; nil where there is none.
  package func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
  }
}
