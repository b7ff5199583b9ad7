internal import CPellucidKernels
package import PellucidFaults

/// Passes of images over a network: what a computation costs, whatever the machine.
///
/// An image that is run from a layer on, or of which only what changed is computed, counts like one that is run in full; so does a layer that a
/// rule of relevance propagation runs several times on the way back.
public struct PassCount: Codable, Hashable, Sendable {
  /// Images whose output was computed.
  public var forward: Int
  /// Images for which something was sent back from the output.
  public var backward: Int

  /// So many passes.
  public init(forward: Int, backward: Int) { (self.forward, self.backward) = (forward, backward) }

  /// Both.
  public var all: Int { forward + backward }

  /// What the calling thread's work, and the workers that it started, made while something was done.
  package static func counting<Result>(
    _ body: () throws(PellucidError) -> Result
  ) throws(PellucidError) -> (result: Result, passes: PassCount) {
    let before = (pk_passes(0), pk_passes(1))
    let result = try body()
    return (result, PassCount(forward: Int(pk_passes(0) - before.0), backward: Int(pk_passes(1) - before.1)))
  }

  static func add(forward images: Int) { pk_count_passes(Int64(images), 0) }
  static func add(backward images: Int) { pk_count_passes(Int64(images), 1) }
}
