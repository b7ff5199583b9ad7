internal import CPellucidKernels
internal import PellucidFaults

/// Memory for a tensor's values, taken from the engine's recycler and given back when nobody holds it any more.
///
/// - Note: `@unchecked Sendable`: it is written only through ``Tensor/withMutableValues(_:)``, which copies unless it holds the only
///   reference.
@safe final class Buffer: @unchecked Sendable {
  let count: Int
  private let capacity: Int
  private let base: UnsafeMutablePointer<Float>
  /// Whose memory it counts as, whoever gives it back.
  private let account: OpaquePointer

  init(count: Int) {
    var capacity = 0
    var account: OpaquePointer?
    guard let block = unsafe pk_take(count * MemoryLayout<Float>.stride, &capacity, &account),
      let account = unsafe account
    else { MemoryShortage.end(wanting: count * MemoryLayout<Float>.stride) }
    self.count = count
    self.capacity = capacity
    unsafe self.account = account
    unsafe self.base = block.bindMemory(to: Float.self, capacity: count)
  }

  deinit { unsafe pk_give(base, capacity, account) }

  func part(_ first: Int, _ length: Int) -> Values {
    precondition(first >= 0 && first + length <= count)
    return unsafe Values(start: base + first, count: length)
  }

  func writablePart(_ first: Int, _ length: Int) -> MutableValues {
    precondition(first >= 0 && first + length <= count)
    return unsafe MutableValues(start: base + first, count: length)
  }
}
