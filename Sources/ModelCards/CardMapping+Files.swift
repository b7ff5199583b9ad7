package import PellucidFaults
internal import PellucidFiles
internal import Yams

extension CardMapping {
  /// Reads a YAML file of keys with values; nil: there is nothing in it.
  /// - Parameter noun: what the file is, in messages.
  /// - Throws: `.badData` for a file that cannot be read, is not YAML, or holds something else.
  package init?(contentsOf path: String, noun: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path), data.count <= 1 << 20,
      let text = String(validating: data, as: UTF8.self)
    else { throw .unreadableCard(path, noun: noun) }
    try self.init(yaml: text, file: path, noun: noun)
  }

  /// Reads a YAML text of keys with values; nil: there is nothing in it.
  /// - Throws: as ``init(contentsOf:noun:)``.
  package init?(yaml: String, file: String, noun: String) throws(PellucidError) {
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch { throw .notYAML(file, error, noun: noun) }
    guard let root, !root.isAbsent else { return nil }
    try self.init(root, path: "", file: file, noun: noun)
  }
}
