import PellucidFaults
import PellucidFiles
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Results; nothing else goes to standard output.
enum StandardOutput {
  private static let lostItsReader = Atomic(false)

  /// Whether whoever read it has had enough, as `head` has; that is nothing to complain of.
  static var hasLostItsReader: Bool { lostItsReader.load(ordering: .relaxed) }

  /// Writes a line.
  /// - Throws: `.output` where it cannot be written, as on a full disk; `print` would say nothing.
  static func write(_ line: String, terminator: String = "\n") throws(PellucidError) {
    let refused = FileDescriptorText.write(line.shown(keeping: ["\n", "\t"]) + terminator, to: 1)
    if refused == EPIPE { lostItsReader.store(true, ordering: .relaxed) }
    if refused != 0 { throw .unwritable("standard output", errno: refused) }
  }
}
