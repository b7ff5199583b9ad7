internal import CPellucidNIfTI

/// The numeric variables of a MATLAB 5 file (also 6 and 7), as SPM writes them.
///
/// Behind a header of 128 bytes stand elements: a type and a count of bytes, then the data, to a multiple of 8 bytes; short ones keep
/// type, count and data in 8 bytes. A matrix is an element of elements: flags, extents, name, numbers. Level 7 packs each by zlib.
struct MatlabLevel5 {
  private let bytes: [UInt8]
  private let isBig: Bool

  /// Variables larger than this, unpacked, are passed over: a matrix of SPM's has 128 bytes.
  private static let most = 1 << 20

  /// Names and numbers (column by column), in the file's order; nil where the bytes are no such file.
  static func variables(_ bytes: [UInt8]) -> [(name: String, values: [Double])]? {
    guard bytes.count >= 128, bytes.starts(with: Array("MATLAB ".utf8)) else { return nil }
    let mark = String(decoding: bytes[126..<128], as: UTF8.self)
    guard mark == "IM" || mark == "MI" else { return nil }
    let file = MatlabLevel5(bytes: bytes, isBig: mark == "MI")
    var found: [(name: String, values: [Double])] = []
    var place = 128
    while let element = file.element(at: place, within: bytes.count) {
      switch element.type {
      case 14: if let variable = file.matrix(element.data) { found.append(variable) }
      case 15: found += file.unpacked(element.data)
      default: break
      }
      // What is packed is not filled up.
      place = element.type == 15 ? element.data.upperBound : element.next
    }
    return found
  }

  private struct Element {
    var type: Int
    var data: Range<Int>
    var next: Int
  }

  /// The element that begins at a place; nil where there is none.
  private func element(at place: Int, within end: Int) -> Element? {
    guard place >= 0, place + 8 <= end else { return nil }
    let first = whole(at: place, 4)
    if first >> 16 != 0 {
      let count = Int(first >> 16)
      guard count <= 4 else { return nil }
      return Element(type: Int(first & 0xffff), data: (place + 4)..<(place + 4 + count), next: place + 8)
    }
    let count = Int(whole(at: place + 4, 4))
    guard count <= end - place - 8 else { return nil }
    let data = (place + 8)..<(place + 8 + count)
    return Element(type: Int(first), data: data, next: (data.upperBound + 7) / 8 * 8)
  }

  /// The variable in a matrix's data; nil for text, structures, complex numbers and the like.
  private func matrix(_ data: Range<Int>) -> (name: String, values: [Double])? {
    guard let flags = element(at: data.lowerBound, within: data.upperBound), flags.data.count >= 8,
      let extents = element(at: flags.next, within: data.upperBound),
      let name = element(at: extents.next, within: data.upperBound),
      let numbers = element(at: name.next, within: data.upperBound)
    else { return nil }
    let flag = whole(at: flags.data.lowerBound, 4)
    // Classes 6 to 15 are numbers; bit 11 says complex.
    guard (6...15).contains(flag & 0xff), flag & 0x800 == 0 else { return nil }
    let sizes = [1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8]
    guard let size = sizes[numbers.type], numbers.data.count <= Self.most else { return nil }
    let values = stride(from: numbers.data.lowerBound, through: numbers.data.upperBound - size, by: size).map {
      number(at: $0, type: numbers.type, size: size)
    }
    return (String(decoding: bytes[name.data].prefix { $0 != 0 }, as: UTF8.self), values)
  }

  private func unpacked(_ data: Range<Int>) -> [(name: String, values: [Double])] {
    let packed = Array(bytes[data])
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: Self.most) { buffer, count in
      count = 0
      guard !packed.isEmpty, let base = buffer.baseAddress else { return }
      count = unsafe pv_inflate(packed, packed.count, base, Self.most)
    }
    let inner = MatlabLevel5(bytes: plain, isBig: isBig)
    guard let element = inner.element(at: 0, within: plain.count), element.type == 14 else { return [] }
    return inner.matrix(element.data).map { [$0] } ?? []
  }

  private func number(at place: Int, type: Int, size: Int) -> Double {
    let bits = whole(at: place, size)
    switch type {
    case 1: return Double(Int8(truncatingIfNeeded: bits))
    case 3: return Double(Int16(truncatingIfNeeded: bits))
    case 5: return Double(Int32(truncatingIfNeeded: bits))
    case 7: return Double(Float(bitPattern: UInt32(bits)))
    case 9: return Double(bitPattern: bits)
    case 12: return Double(Int64(bitPattern: bits))
    default: return Double(bits)
    }
  }

  private func whole(at place: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 << 8 | UInt64(bytes[place + (isBig ? $1 : size - 1 - $1)]) }
  }
}
