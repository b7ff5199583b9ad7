internal import CPellucidKernels
package import PellucidFaults

/// What convolutions multiply in passes that only score.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Single precision, always exact.
  case float32
  /// Values and weights rounded to 8 bits of mantissa, their products summed in single precision, where the processor has instructions for it:
  /// faster than plain sums on some, slower than ``float32`` in passes that save products.
  case bfloat16

  /// Whether this processor is faster in it; nobody else is offered it.
  public var isSupported: Bool { self == .float32 || pk_has_bfloat16() != 0 }

  /// - Throws: `.usage` where it is not supported.
  package func check() throws(PellucidError) {
    guard !isSupported else { return }
    throw PellucidError(
      .usage, what: "precision \(rawValue) is not for this processor",
      why: "it has \(Engine.instructionSet), but no instructions for that format, and would gain nothing",
      remedy: "leave the option out")
  }

  /// Runs `body` with this precision in all passes of the calling thread, which share their steps with its team.
  /// - Throws: as ``check()``, and what `body` throws.
  package func computing<Result>(_ body: () throws(PellucidError) -> Result) throws(PellucidError) -> Result {
    try check()
    let before = pk_reduce_precision(self == .bfloat16 ? 1 : 0)
    defer { _ = pk_reduce_precision(before) }
    return try body()
  }
}
