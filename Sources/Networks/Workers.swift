internal import CPellucidKernels
package import PellucidFaults
internal import Synchronization

/// Work in pieces that do not depend on one another, shared out among threads that each do whole pieces alone.
///
/// A piece is computed with one thread, so that what it gives does not depend on how many there are.
package enum Workers {
  /// Runs `piece` for 0..<count on up to `workers` threads, this one among them, each piece once.
  ///
  /// - Throws: what the first piece of those that failed threw; pieces that had not begun by then are not run.
  package static func run(
    _ count: Int, on workers: Int, _ piece: @Sendable (Int) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    try run(count, piece) { unsafe pk_on_workers(Int32(clamping: min(workers, count)), $0, $1) }
  }

  /// Values by number, made by as many threads as there are where they are worth it.
  package static func values<Value: Sendable>(_ count: Int, _ make: @Sendable (Int) -> Value) -> [Value] {
    let threads = min(Engine.threads, count)
    guard threads > 1 else { return (0..<count).map(make) }
    let parts = Mutex([[Value]](repeating: [], count: 4 * threads))
    @Sendable func bounds(_ part: Int) -> Int { count * part / (4 * threads) }
    do throws(PellucidError) {
      try run(4 * threads, on: threads) { (part) throws(PellucidError) in
        let made = (bounds(part)..<bounds(part + 1)).map(make)
        parts.withLock { $0[part] = made }
      }
    } catch {
      preconditionFailure("pieces that throw nothing failed: \(error)")
    }
    return parts.withLock { Array($0.joined()) }
  }

  /// Runs pieces that are jobs of their own, such as several scans: each computes with its share of the threads, and what it takes of the
  /// memory is its own.
  package static func run(
    _ count: Int, asJobs jobs: Int, _ piece: @Sendable (Int) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    // Of no job nobody has a share.
    guard count > 0 else { return }
    try run(count, piece) { unsafe pk_on_jobs(Int32(clamping: min(jobs, count)), $0, $1) }
  }

  /// Runs `body` on a thread of its own beside the caller; nil: the system gives none, and nothing is run.
  @safe package static func aside(_ body: @escaping @Sendable () -> Void) -> Aside? {
    let held = unsafe Unmanaged.passRetained(Body(body))
    let started = unsafe pk_thread_start(
      { context in unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }, held.toOpaque())
    guard let started = unsafe started else {
      unsafe held.release()
      return nil
    }
    return unsafe Aside(started)
  }

  /// A thread that works beside others.
  @safe package final class Aside: Sendable {
    private nonisolated(unsafe) let thread: OpaquePointer
    private let isJoined = Mutex(false)

    fileprivate init(_ thread: OpaquePointer) { unsafe self.thread = thread }

    /// Waits until the thread has ended, and with it all that it held; to be called at least once, by whoever.
    package func join() {
      isJoined.withLock { isJoined in
        if !isJoined { unsafe pk_thread_join(thread) }
        isJoined = true
      }
    }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  @safe private static func run(
    _ count: Int, _ piece: @Sendable (Int) throws(PellucidError) -> Void,
    start: (@convention(c) (UnsafeMutableRawPointer, Int32) -> Void, UnsafeMutableRawPointer) -> Void
  ) throws(PellucidError) {
    try withoutActuallyEscaping(piece) { piece throws(PellucidError) in
      let work = Work(count, piece)
      unsafe start(
        { context, _ in unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run() },
        Unmanaged.passUnretained(work).toOpaque())
      if let error = work.error { throw error }
    }
  }

  /// The pieces, of which each worker takes the next one until there are none.
  private final class Work: Sendable {
    private let count: Int
    private let piece: @Sendable (Int) throws(PellucidError) -> Void
    private let next = Atomic(0)
    private let failed = Mutex<(piece: Int, error: PellucidError)?>(nil)

    init(_ count: Int, _ piece: @escaping @Sendable (Int) throws(PellucidError) -> Void) {
      self.count = count
      self.piece = piece
    }

    var error: PellucidError? { failed.withLock { $0?.error } }

    func run() {
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        if index >= count { return }
        do throws(PellucidError) {
          try piece(index)
        } catch {
          // Pieces are taken in order, so that the first to fail has begun.
          next.store(count, ordering: .relaxed)
          failed.withLock { known in
            if known.map({ index < $0.piece }) ?? true { known = (index, error) }
          }
        }
      }
    }
  }
}
