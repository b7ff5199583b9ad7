import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Messages for people; standard output is for results.
enum StandardError {
  static func write(_ line: String, terminator: String = "\n") {
    let bytes = Array((line + terminator).utf8)
    unsafe bytes.withUnsafeBytes { raw in
      var sent = 0
      while sent < raw.count {
        guard let base = raw.baseAddress else { return }
        let count = unsafe systemWrite(2, base + sent, raw.count - sent)
        if count <= 0 { return }
        sent += count
      }
    }
  }

  static var isTerminal: Bool { isatty(2) == 1 }

  private static func systemWrite(_ file: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(file, start, count)
    #else
      unsafe Darwin.write(file, start, count)
    #endif
  }
}
