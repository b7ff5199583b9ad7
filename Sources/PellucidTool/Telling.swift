import PellucidFaults

extension StandardError {
  /// Tells those of some notes that a user must hear of at once, each once: assumptions that change numbers, and what looks like a mistake.
  /// - Parameter file: what they are about, where the notes don't say it themselves.
  static func tell(_ notes: [Note], of file: String? = nil) {
    var told: Set<String> = []
    for note in notes where note.weight > .record {
      let line = (file.map { note.of($0) } ?? note).text
      guard told.insert(line).inserted else { continue }
      write("pellucid: \(note.weight == .warning ? "warning" : "note"): \(line)")
    }
  }
}
