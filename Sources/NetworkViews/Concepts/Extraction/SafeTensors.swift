internal import FoundationEssentials
internal import PellucidFiles

/// Named tensors of double precision in a file: safetensors, which Python's `safetensors` reads, too.
///
/// - Source: https://huggingface.co/docs/safetensors: eight bytes with the length of a header in JSON, the header, and the values,
///   little-endian.
struct SafeTensors {
  /// A tensor.
  struct Entry {
    let name: String
    let shape: [Int]
    let values: [Double]
  }

  private struct Header: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  let entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// The values of a tensor of a shape; nil where there is none.
  func values(_ name: String, _ shape: [Int]) -> [Double]? {
    entries.first { $0.name == name && $0.shape == shape }?.values
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    var (parts, place) = ([String](), 0)
    for entry in entries {
      let end = place + 8 * entry.values.count
      let shape = entry.shape.map(String.init).joined(separator: ",")
      parts.append("\"\(entry.name)\":{\"dtype\":\"F64\",\"shape\":[\(shape)],\"data_offsets\":[\(place),\(end)]}")
      place = end
    }
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    header += Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
    var bytes = Self.bytes(of: UInt64(header.count)) + header
    bytes.reserveCapacity(bytes.count + place)
    for entry in entries { for value in entry.values { bytes += Self.bytes(of: value.bitPattern) } }
    return bytes
  }

  private static func bytes(of value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func value(_ bytes: [UInt8], at place: Int) -> UInt64 {
    var value: UInt64 = 0
    for k in 0..<8 { value |= UInt64(bytes[place + k]) << UInt64(8 * k) }
    return value
  }

  /// Reads a file; nil where it is none of this kind.
  init?(contentsOf path: String) {
    guard let bytes = FileContents.bytes(of: path), bytes.count > 8 else { return nil }
    let length = Self.value(bytes, at: 0)
    guard length <= bytes.count - 8, let size = Int(exactly: length),
      let header = try? JSONDecoder().decode([String: Header].self, from: Data(bytes[8..<(8 + size)]))
    else { return nil }
    var found: [Entry] = []
    let room = bytes.count - 8 - size
    for (name, part) in header {
      guard part.dtype == "F64", part.data_offsets.count == 2, part.data_offsets[0] >= 0,
        part.data_offsets[1] <= room, part.data_offsets[0] <= part.data_offsets[1],
        part.shape.allSatisfy({ $0 > 0 && $0 < 1 << 31 }),
        part.data_offsets[1] - part.data_offsets[0] == part.shape.reduce(8, { $0 &* $1 })
      else { return nil }
      let begin = 8 + size + part.data_offsets[0]
      let count = (part.data_offsets[1] - part.data_offsets[0]) / 8
      let values = (0..<count).map { Double(bitPattern: Self.value(bytes, at: begin + 8 * $0)) }
      guard values.allSatisfy(\.isFinite) else { return nil }
      found.append(Entry(name: name, shape: part.shape, values: values))
    }
    entries = found
  }
}
