import PellucidFaults
import PellucidFiles

/// Results; nothing else goes to standard output.
enum StandardOutput {
  /// Writes a line.
  /// - Throws: `.output` where it cannot be written, as on a full disk; `print` would say nothing.
  static func write(_ line: String, terminator: String = "\n") throws(PellucidError) {
    let refused = FileDescriptorText.write(line.shown(keeping: ["\n", "\t"]) + terminator, to: 1)
    if refused != 0 { throw .unwritable("standard output", errno: refused) }
  }
}
