internal import CPellucidKernels
package import PellucidFaults

/// What convolutions multiply in passes that only score.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Single precision, always exact.
  case float32
  /// Values and weights rounded to 8 bits of mantissa, their products summed in single precision: 1.3 to 2 times as fast where the processor has
  /// instructions for it.
  case bfloat16

  /// Whether this processor is faster in it; nobody else is offered it.
  public var isSupported: Bool { self == .float32 || pk_has_bfloat16() != 0 }

  /// Runs `body` with this precision in all passes of the calling thread, which share their steps with its team.
  /// - Precondition: it is supported.
  package func computing<Result>(_ body: () throws(PellucidError) -> Result) throws(PellucidError) -> Result {
    precondition(isSupported, "this processor has no bfloat16")
    let before = pk_reduce_precision(self == .bfloat16 ? 1 : 0)
    defer { _ = pk_reduce_precision(before) }
    return try body()
  }
}
