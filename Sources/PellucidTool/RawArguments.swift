import PellucidFiles

/// The command line as it was given: file names need not be UTF-8, and `CommandLine.arguments` repairs what is not.
enum RawArguments {
  /// The arguments without the program's name; bytes that are no text stand for themselves (``PathBytes``).
  static let all: [String] = (1..<max(1, Int(CommandLine.argc))).compactMap { place in
    // argv has argc strings, each ended by a zero.
    guard let start = unsafe CommandLine.unsafeArgv[place] else { return nil }
    var bytes: [UInt8] = []
    while unsafe start[bytes.count] != 0 { bytes.append(UInt8(bitPattern: unsafe start[bytes.count])) }
    return PathBytes.text(bytes)
  }
}
