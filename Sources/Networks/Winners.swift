internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors

/// Which voxel of its window each value of a max pool's output came from: all that the pool's gradient needs, in a byte a value.
///
/// - Note: `@unchecked Sendable`: written by the pass that makes it, only read afterwards.
@safe final class Winners: @unchecked Sendable {
  let count: Int
  private let imageCount: Int
  private let capacity: Int
  private let base: UnsafeMutablePointer<UInt8>
  private let account: OpaquePointer

  /// - Parameter output: the pool's output, [N, C, d, h, w].
  init(output: Shape) {
    count = output.count
    imageCount = output.count / max(1, output[0])
    var capacity = 0
    var account: OpaquePointer?
    guard let block = unsafe pk_take(count, &capacity, &account), let account = unsafe account else {
      MemoryShortage.end(wanting: count)
    }
    self.capacity = capacity
    unsafe self.account = account
    unsafe base = block.bindMemory(to: UInt8.self, capacity: count)
  }

  deinit { unsafe pk_give(base, capacity, account) }

  /// Calls `body` with the place of a slab's first row (along d) and the distance between images, in values.
  func withRows(_ row: Int, of slab: Shape, _ body: (UnsafeMutablePointer<UInt8>, Int64) -> Void) {
    let offset = row * slab[1] * slab[3] * slab[4]
    precondition(
      offset + (slab[0] - 1) * imageCount + slab.count / max(1, slab[0]) <= count, "a slab beyond the output")
    unsafe body(base + offset, Int64(imageCount))
  }

  /// Calls `body` with the taps, channels last.
  func withTaps(_ body: (UnsafePointer<UInt8>) -> Void) { unsafe body(base) }
}
