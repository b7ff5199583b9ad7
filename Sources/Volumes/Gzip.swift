internal import CPellucidNIfTI

/// Bytes packed as gzip packs them.
package enum Gzip {
  /// One gzip member of these bytes.
  /// - Parameter level: 1, fast, to 12, small.
  /// - Precondition: there are bytes, and memory for as many again.
  package static func packed(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: pv_gzip_bound(bytes.count))
    let made = unsafe pv_gzip(bytes, bytes.count, Int32(level), &packed, packed.count)
    precondition(made > 0, "no memory to pack \(bytes.count) bytes")
    packed.removeLast(packed.count - made)
    return packed
  }
}
