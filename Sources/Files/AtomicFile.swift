public import PellucidFaults

/// One file that appears whole or not at all.
public enum AtomicFile {
  /// Writes a file's bytes.
  /// - Throws: `.output` where the folder is missing or the bytes cannot be written; nothing is left then.
  public static func write(_ bytes: [UInt8], to path: String) throws(PellucidError) {
    let (folder, name) = try parts(of: path)
    let set = try fileSet(folder, for: path)
    try set.add(bytes, as: name)
    try set.commit()
  }

  /// Writes a file of UTF-8 text.
  public static func write(_ text: String, to path: String) throws(PellucidError) {
    try write(Array(PathBytes.shown(text).utf8), to: path)
  }

  /// Writes a file through `writer`, which is given a temporary path with the same ending.
  public static func write(to path: String, writer: (String) throws(PellucidError) -> Void) throws(PellucidError) {
    let (folder, name) = try parts(of: path)
    let set = try fileSet(folder, for: path)
    try set.add(as: name, writer: writer)
    try set.commit()
  }

  private static func parts(of path: String) throws(PellucidError) -> (folder: String, name: String) {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty else { throw .namelessFile(path) }
    return (slash.map { String(path[...$0]) } ?? "", name)
  }

  private static func fileSet(_ folder: String, for path: String) throws(PellucidError) -> FileSet {
    do throws(PellucidError) { return try FileSet(folder: folder, makingFolder: false) } catch {
      var placed = error
      placed.place.file = path
      throw placed
    }
  }
}
