internal import CKernels

/// Memory for a tensor's values, taken from the engine's recycler and given back when nobody holds it any more.
///
/// - Note: `@unchecked Sendable`: it is written only through ``Tensor/withMutableValues(_:)``, which copies unless it holds the only
///   reference.
@safe final class Buffer: @unchecked Sendable {
  let count: Int
  private let capacity: Int
  private let base: UnsafeMutablePointer<Float>

  init(count: Int) {
    var capacity = 0
    guard let block = unsafe pk_take(count * MemoryLayout<Float>.stride, &capacity) else {
      fatalError("the machine has no memory left for \(count * 4) bytes")
    }
    self.count = count
    self.capacity = capacity
    unsafe self.base = block.bindMemory(to: Float.self, capacity: count)
  }

  deinit { unsafe pk_give(base, capacity) }

  var readable: Values { unsafe Values(start: base, count: count) }
  var writable: MutableValues { unsafe MutableValues(start: base, count: count) }
}
