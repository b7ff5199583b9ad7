import PellucidFaults
import PellucidFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Messages for people; standard output is for results.
enum StandardError {
  /// Writes a line, in which the library's parameters are called as on the command line.
  static func write(_ line: String, terminator: String = "\n") {
    draw(withOptions(line).shown(keeping: ["\n", "\t"]) + terminator)
  }

  /// A text of the library with its parameters called as on the command line: `--patch` for `patch` in backquotes.
  static func withOptions(_ text: String) -> String { ParameterNames.replaced(in: text) { "--" + $0 } }

  /// Writes text of the tool's own that moves the cursor.
  static func draw(_ text: String) { _ = FileDescriptorText.write(text, to: 2) }

  static var isTerminal: Bool { isatty(2) == 1 }
}

/// Text to an open file, without a buffer in between.
enum FileDescriptorText {
  /// 0, or the `errno` that ended the writing.
  static func write(_ text: String, to file: Int32) -> Int32 {
    let bytes = Array(PathBytes.shown(text).utf8)
    return unsafe bytes.withUnsafeBytes { raw in
      var sent = 0
      while sent < raw.count {
        guard let base = raw.baseAddress else { return 0 }
        // sent < raw.count, so the rest is inside the buffer.
        let count = unsafe systemWrite(file, base + sent, raw.count - sent)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : EIO }
        sent += count
      }
      return 0
    }
  }

  private static func systemWrite(_ file: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(file, start, count)
    #else
      unsafe Darwin.write(file, start, count)
    #endif
  }
}
