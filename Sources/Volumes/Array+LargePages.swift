internal import CPellucidNIfTI

extension Array where Element == Float {
  /// An array whose memory `fill` writes, on pages of 2 MiB where the system has them: for images of tens of megabytes.
  ///
  /// - Parameter fill: writes the elements in order and says in its second argument how many they are; may be less than `capacity`.
  @unsafe package init(
    onLargePages capacity: Int, _ fill: (UnsafeMutableBufferPointer<Float>, inout Int) throws -> Void
  ) rethrows {
    try unsafe self.init(unsafeUninitializedCapacity: capacity) { memory, count in
      if let start = memory.baseAddress { unsafe pv_prefer_large_pages(start, memory.count * MemoryLayout<Float>.size) }
      try unsafe fill(memory, &count)
    }
  }
}
