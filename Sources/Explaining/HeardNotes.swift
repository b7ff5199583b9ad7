internal import PellucidAttribution
internal import PellucidFaults
internal import Synchronization

/// Collects what was decided about files that a method's options name.
final class HeardNotes: Sendable {
  private let heard = Mutex<[(note: Note, files: [String])]>([])

  /// What was heard so far, each note once, in the order in which the files were read; what holds of several files (of a folder of
  /// baselines) names the first and their number.
  var notes: [Note] {
    heard.withLock { heard in
      heard.map { note, files in note.of(files.count == 1 ? files[0] : "\(files[0]) and \(files.count - 1) more") }
    }
  }

  func add(_ notes: [Note], of file: String) {
    heard.withLock { heard in
      for note in notes {
        guard let place = heard.firstIndex(where: { $0.note == note }) else {
          heard.append((note, [file]))
          continue
        }
        if !heard[place].files.contains(file) { heard[place].files.append(file) }
      }
    }
  }
}

extension Subject {
  /// The same for one explanation, with what will be heard of the files that its method's options name.
  func listening() -> (subject: Subject, heard: HeardNotes) {
    guard let files = files as? ScanFiles else { return (self, HeardNotes()) }
    let own = ScanFiles(world: files.world, nan: files.nan, explainer: files.explainer)
    return (reading(by: own), own.heard)
  }
}
