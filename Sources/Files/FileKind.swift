internal import CPellucidFiles

/// What stands at a path.
public enum FileKind: Hashable, Sendable {
  /// Nothing, or nothing that can be reached; with the system's words for why.
  case absent(why: String)
  /// A file of this many bytes.
  case file(bytes: Int)
  /// A folder.
  case folder
  /// A device, a pipe or a socket.
  case other

  /// Whether anything stands at this path.
  public static func exists(_ path: String) -> Bool { if case .absent = at(path) { false } else { true } }

  /// What stands at this path now; symbolic links are followed.
  public static func at(_ path: String) -> FileKind {
    var size: Int64 = 0
    var why: Int32 = 0
    switch unsafe cf_kind(PathBytes.cString(path), &size, &why) {
    case 0: return .absent(why: systemWords(why))
    case 1: return .file(bytes: Int(size))
    case 2: return .folder
    default: return .other
    }
  }
}

/// The system's words for an `errno`, such as `No space left on device`.
public func systemWords(_ code: Int32) -> String {
  var text = [CChar](repeating: 0, count: 256)
  unsafe cf_words(code, &text, text.count)
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
