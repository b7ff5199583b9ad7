import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Work on several threads of the system at once.
package enum ThreadsAtOnce {
  /// One thread's work.
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// What `body` gives for 0..<count, each on a thread of its own.
  package static func map<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let results = Results<Value>()
    var threads: [pthread_t] = []
    for index in 0..<count {
      let work = Work {
        let result = Result { try body(index) }
        results.all.withLock { $0[index] = result }
      }
      #if canImport(Glibc)
        var thread = pthread_t()
      #else
        var thread: pthread_t?
      #endif
      let context = unsafe Unmanaged.passRetained(work).toOpaque()
      let status = unsafe pthread_create(
        &thread, nil,
        { context in
          #if canImport(Glibc)
            guard let context = unsafe context else { return nil }
          #endif
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
          return nil
        }, context)
      precondition(status == 0, "no thread to be had")
      #if canImport(Glibc)
        threads.append(thread)
      #else
        if let thread { threads.append(thread) }
      #endif
    }
    for thread in threads { pthread_join(thread, nil) }
    return try results.all.withLock { all in
      try (0..<count).map { index in
        guard let result = all[index] else { preconditionFailure("a thread without a result") }
        return try result.get()
      }
    }
  }

  private final class Results<Value: Sendable>: Sendable {
    let all = Mutex<[Int: Result<Value, any Error>]>([:])
  }
}
