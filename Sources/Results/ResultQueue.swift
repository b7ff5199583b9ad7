public import PellucidFaults
internal import PellucidNetworks
internal import Synchronization

/// Makes, draws, packs and writes explanations beside what the caller does meanwhile, such as explaining by the next method: one at a time, in order.
///
/// With one thread (``Engine/threads``), or where the system gives no other, each is written before ``add(label:_:)`` comes back.
public final class ResultQueue: Sendable {
  // Only the queue's work uses it, one piece after the other, until all are done.
  private nonisolated(unsafe) let writer: ResultWriter
  /// The threads that write, each after the one before; a queue of Dispatch's would wait for one for ever where the system gives none.
  private let work = Mutex<[Workers.Aside]>([])
  private let state = Mutex((results: [StoredResult](), error: PellucidError?.none))
  private let isAside = Engine.threads > 1

  /// A queue before a writer, which nobody else may use before ``finish()`` has come back.
  public init(_ writer: ResultWriter) { unsafe self.writer = writer }

  /// Has an explanation made and written; waits where one is held for it already, beside the one that is being written.
  /// - Throws: what making or writing an earlier one threw.
  public func add(
    label: String? = nil, _ making: @escaping @Sendable () throws(PellucidError) -> Explanation
  ) throws(PellucidError) {
    try checked(behind: 1)
    let last = work.withLock { $0.last }
    if isAside,
      let thread = Workers.aside({
        last?.join()
        self.write(label, making)
      })
    {
      work.withLock { $0.append(thread) }
      return
    }
    last?.join()
    write(label, making)
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

  /// Waits until all threads but the last so many have ended: they hold what they write, and what they hold must not outlive the process.
  private func wait(behind count: Int = 0) {
    let ended = work.withLock { work in
      let ended = Array(work.dropLast(count))
      work.removeFirst(ended.count)
      return ended
    }
    for thread in ended { thread.join() }
  }

  private func checked(behind count: Int = 0) throws(PellucidError) {
    wait(behind: count)
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private func write(_ label: String?, _ making: () throws(PellucidError) -> Explanation) {
    guard state.withLock({ $0.error == nil }) else { return }
    do throws(PellucidError) {
      let stored = try unsafe writer.add(making(), label: label)
      state.withLock { $0.results.append(stored) }
    } catch {
      state.withLock { $0.error = error }
    }
  }
}
