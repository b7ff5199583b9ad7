internal import CPellucidFiles

/// The reading of files, for every room: names that are not UTF-8 open, and what was read is known (``InputFiles``).
public enum FileContents {
  /// All bytes of a file; nil where it cannot be read.
  /// - Parameter isInput: false: a file of which a result may take the place all the same, such as a former result.
  public static func bytes(of path: String, isInput: Bool = true) -> [UInt8]? {
    var start: UnsafeMutablePointer<CChar>?
    var count = 0
    guard unsafe cf_read(PathBytes.cString(path), &start, &count) == 0, let start = unsafe start else { return nil }
    defer { unsafe cf_free(start) }
    if isInput { InputFiles.note(path) }
    // cf_read allocated and filled `count` bytes.
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The names in a folder, hidden ones too, in the order of their bytes; nil where it cannot be listed.
  public static func names(inFolder folder: String) -> [String]? {
    var start: UnsafeMutablePointer<CChar>?
    var count = 0
    guard unsafe cf_list(PathBytes.cString(folder.isEmpty ? "." : folder), &start, &count) == 0 else { return nil }
    defer { unsafe cf_free(start) }
    // cf_list allocated and filled `count` bytes, or none.
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    return unsafe bytes.split(separator: 0).map { unsafe PathBytes.text($0) }.sorted()
  }
}

/// A file's bytes, mapped into memory for as long as this object lives; for large files that are gone through once.
@safe public final class MappedFile: Sendable {
  private nonisolated(unsafe) let start: UnsafeRawPointer?  // alive until deinit, never written to
  private let count: Int
  /// Time of the last change, seconds since 1970.
  public let changed: Double

  /// Opens a regular file; nil where it cannot be read, with the system's words for why.
  public init?(_ path: String, why: inout String) {
    let name = PathBytes.cString(path)
    var bytes: UnsafeRawPointer?
    var size = 0
    let refused = unsafe cf_map(name, &bytes, &size)
    unsafe (start, count) = unsafe (bytes, size)
    var (device, node, time): (UInt64, UInt64, Double) = (0, 0, 0)
    _ = unsafe cf_identity(name, &device, &node, &time)
    changed = time
    guard refused == 0 else {
      why = systemWords(refused)
      return nil
    }
    InputFiles.note(path)
  }

  deinit { unsafe cf_unmap(start, count) }

  /// Hands on the bytes; they stay as long as this object does.
  public var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: start, count: count) }
}
