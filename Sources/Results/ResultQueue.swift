public import PellucidFaults
internal import PellucidNetworks
internal import Synchronization

/// Draws, packs and writes explanations beside what the caller does meanwhile, such as explaining by the next method: one at a time, in order.
///
/// With one thread (``Engine/threads``), or where the system gives no other, each is written before ``add(_:label:)`` comes back.
public final class ResultQueue: Sendable {
  // Only the queue's work uses it, one piece after the other, until all are done.
  private nonisolated(unsafe) let writer: ResultWriter
  /// The thread that writes; a queue of Dispatch's would wait for one for ever where the system gives none.
  private let work = Mutex<Workers.Aside?>(nil)
  private let state = Mutex((results: [StoredResult](), error: PellucidError?.none))
  private let isAside = Engine.threads > 1

  /// A queue before a writer, which nobody else may use before ``finish()`` has come back.
  public init(_ writer: ResultWriter) { unsafe self.writer = writer }

  /// Has an explanation written; waits for the one before, so that no more than one is held for it.
  /// - Throws: what writing an earlier one threw.
  public func add(_ explanation: Explanation, label: String? = nil) throws(PellucidError) {
    try checked()
    if isAside, let thread = Workers.aside({ self.write(explanation, label) }) {
      work.withLock { $0 = thread }
      return
    }
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
  public func discard() {
    wait()
    unsafe writer.discard()
  }

  /// Waits until the thread has ended: it holds what it writes, and what it holds must not outlive the process.
  private func wait() {
    work.withLock { $0.take() }?.join()
  }

  private func checked() throws(PellucidError) {
    wait()
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
