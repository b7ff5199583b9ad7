internal import Dispatch
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import Synchronization

/// The one place of a viewer where networks compute: one computation at a time, on a thread of its own, so that answers go on.
final class ViewEngine: Sendable {
  private let queue = DispatchQueue(label: "pellucid.view")

  /// Runs work after what was asked for before.
  func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws(PellucidError) -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        do throws(PellucidError) { continuation.resume(returning: try work()) } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }
}

/// What a job tells while it runs, and how it is stopped.
final class JobProgress: ProgressObserver {
  private let state = Mutex((isCancelled: false, told: ContinuousClock.Instant?.none))
  private let tell: @Sendable (_ done: Int, _ total: Int) -> Void

  init(_ tell: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) { self.tell = tell }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func cancel() { state.withLock { $0.isCancelled = true } }

  /// Ten times a second are enough.
  func advanced(to done: Int, of total: Int) {
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      if let told = state.told, now - told < .milliseconds(100), done < total { return false }
      state.told = now
      return true
    }
    if isDue { tell(done, total) }
  }
}
