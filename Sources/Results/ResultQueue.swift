internal import Dispatch
public import PellucidFaults
internal import PellucidNetworks
internal import Synchronization

/// Draws, packs and writes explanations beside what the caller does meanwhile, such as explaining by the next method: one at a time, in order.
///
/// With one thread (``Engine/threads``), or where the system gives no other, each is written before ``add(_:label:)`` comes back. A queue of
/// Dispatch's would wait for such a thread for ever.
public final class ResultQueue: Sendable {
  // Only the queue's work uses it, one piece after the other, until all are done.
  private nonisolated(unsafe) let writer: ResultWriter
  private let work = DispatchGroup()
  private let state = Mutex((results: [StoredResult](), error: PellucidError?.none))
  private let isAside = Engine.threads > 1

  /// A queue before a writer, which nobody else may use before ``finish()`` has come back.
  public init(_ writer: ResultWriter) { unsafe self.writer = writer }

  /// Has an explanation written; waits for the one before, so that no more than one is held for it.
  /// - Throws: what writing an earlier one threw.
  public func add(_ explanation: Explanation, label: String? = nil) throws(PellucidError) {
    try checked()
    work.enter()
    let isBegun =
      isAside
      && Workers.aside {
        self.write(explanation, label)
        self.work.leave()
      }
    guard !isBegun else { return }
    work.leave()
    write(explanation, label)
    try checked()
  }

  /// Waits for all of them.
  /// - Returns: the results in the order in which they were added.
  /// - Throws: what writing one threw.
  public func finish() throws(PellucidError) -> [StoredResult] {
    try checked()
    return state.withLock { $0.results }
  }

  /// Waits until nothing is being written any more, whatever came of it, and removes what has not been committed.
  ///
  /// Letting go of the queue and its writer would not do: the thread that wrote last may hold them a moment longer than the process lives.
  public func discard() {
    work.wait()
    unsafe writer.discard()
  }

  private func checked() throws(PellucidError) {
    work.wait()
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private func write(_ explanation: Explanation, _ label: String?) {
    do throws(PellucidError) {
      let stored = try unsafe writer.add(explanation, label: label)
      state.withLock { $0.results.append(stored) }
    } catch {
      state.withLock { $0.error = error }
    }
  }
}
