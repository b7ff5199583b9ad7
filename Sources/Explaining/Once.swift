internal import PellucidFaults
internal import Synchronization

/// A value that is made when it is first asked for, and then kept.
final class Once<Value: Sendable>: Sendable {
  private let make: @Sendable () throws(PellucidError) -> Value
  private let state = Mutex<Value?>(nil)

  init(_ make: @escaping @Sendable () throws(PellucidError) -> Value) { self.make = make }

  /// The value; whoever asks meanwhile waits.
  func value() throws(PellucidError) -> Value {
    try state.withLock { (kept) throws(PellucidError) in
      if let kept { return kept }
      let made = try make()
      kept = made
      return made
    }
  }
}
