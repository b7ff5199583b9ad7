package import PellucidFaults
internal import Synchronization

/// A value that a thread of its own computes beside the caller, who asks for it later.
///
/// With one thread (``Engine/threads``), or where the system gives no other, it is computed at once. It is the same value either way: for work
/// that no pass of the network is part of.
package final class Ahead<Value: Sendable>: Sendable {
  private let found: Found
  private let thread: Mutex<Workers.Aside?>

  private final class Found: Sendable {
    let outcome = Mutex<Result<Value, PellucidError>?>(nil)
  }

  /// Begins.
  package init(_ body: @escaping @Sendable () throws(PellucidError) -> Value) {
    let found = Found()
    let work: @Sendable () -> Void = {
      let outcome = Result { () throws(PellucidError) in try body() }
      found.outcome.withLock { $0 = outcome }
    }
    let started = Engine.threads > 1 ? Workers.aside(work) : nil
    if started == nil { work() }
    self.found = found
    thread = Mutex(started)
  }

  /// What was computed, once it is.
  /// - Throws: what computing it threw.
  package func value() throws(PellucidError) -> Value {
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
    guard let outcome = found.outcome.withLock({ $0 }) else {
      preconditionFailure("a thread that was joined has ended")
    }
    return try outcome.get()
  }

  // What it holds must not outlive who began it.
  deinit { thread.withLock { $0?.join() } }
}
