internal import Synchronization

/// What happens where the machine has no memory left for values that nothing can be done without.
///
/// What a step of a network will take is asked for beforehand, and refused with an error that names the step. This is for what is left:
/// like any Swift program the process then ends.
public enum MemoryShortage {
  private static let ending = Mutex<(@Sendable (Int) -> Never)?>(nil)

  /// Lets a program end in its own way; it is told how many bytes are not to be had, on the thread that asked for them.
  public static func whenNoneIsLeft(_ end: @escaping @Sendable (_ bytes: Int) -> Never) {
    ending.withLock { $0 = end }
  }

  package static func end(wanting bytes: Int) -> Never {
    if let end = ending.withLock({ $0 }) { end(bytes) }
    fatalError("the machine has no memory left for \(bytes) bytes")
  }
}
