import PellucidAttribution
import PellucidFaults
import PellucidTables
import Synchronization

/// A bar with the time left, on a terminal; nothing where standard error goes elsewhere.
final class ProgressBar: ProgressObserver {
  private struct State {
    var drawn: ContinuousClock.Instant?
    var isShown = false
  }

  private let title: String
  private let isTerminal: Bool
  private let begin = ContinuousClock.now
  private let state = Mutex(State())

  init(_ title: String, isShown: Bool = true) {
    self.title = title.shown()
    isTerminal = isShown && StandardError.isTerminal
  }

  func advanced(to done: Int, of total: Int) {
    guard isTerminal, total > 0 else { return }
    let now = ContinuousClock.now
    let passed = Double((now - begin) / .milliseconds(1)) / 1000
    let draws = state.withLock { state in
      // The first half second needs no bar, and ten pictures a second are enough.
      let isDue = state.drawn.map { now - $0 > .milliseconds(100) } ?? (passed > 0.5)
      guard isDue || (done == total && state.isShown) else { return false }
      state.drawn = now
      state.isShown = true
      return true
    }
    guard draws else { return }
    let width = 30
    let filled = width * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let left = passed / Double(max(done, 1)) * Double(total - done)
    StandardError.draw("\r\(title) [\(bar)] \(done)/\(total), \(Self.words(left)) left  ")
  }

  /// Clears the line.
  func finish() {
    guard state.withLock({ $0.isShown }) else { return }
    StandardError.draw("\r\u{1B}[K")
  }

  private static func words(_ seconds: Double) -> String {
    seconds < 60 ? "\(Int(seconds.rounded(.up))) s" : "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
  }
}
