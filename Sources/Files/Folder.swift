internal import CPellucidFiles
public import PellucidFaults

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Folders, and files in them that grow.
public enum Folder {
  /// Makes a folder and those above it, where they are missing; several processes may do so at once.
  /// - Throws: `.output` where it cannot be made.
  public static func make(_ path: String) throws(PellucidError) {
    var here = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      here += "/" + part
      if case .folder = FileKind.at(here) { continue }
      let why = unsafe cf_make_folder(PathBytes.cString(here))
      guard why == 0 || why == EEXIST else { throw .unwritable(path, errno: why) }
      if why == EEXIST, FileKind.at(here) != .folder { throw .fileInTheWay(here) }
    }
  }

  /// Removes a folder if nothing is in it.
  public static func removeIfEmpty(_ path: String) { _ = unsafe cf_remove_folder(PathBytes.cString(path)) }

  /// Removes what killed processes have left half-written in a folder.
  public static func sweep(_ path: String) { _ = AbandonedFiles.remove(from: path) }

  /// Removes a file, if it is there.
  public static func remove(file path: String) { _ = unsafe cf_remove(PathBytes.cString(path)) }

  /// Adds text at the end of a file, which is made where it is missing; lines of several processes do not mix.
  /// - Throws: `.output` where it cannot be written.
  public static func append(_ text: String, to path: String) throws(PellucidError) {
    let bytes = Array(PathBytes.shown(text).utf8)
    let name = PathBytes.cString(path)
    let why = unsafe bytes.withUnsafeBytes { unsafe cf_append(name, $0.baseAddress, $0.count) }
    guard why == 0 else { throw .unwritable(path, errno: why) }
  }
}
