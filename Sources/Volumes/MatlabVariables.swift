/// The variables of a MATLAB file, the container of ITK's binary transforms and of SPM's `.mat` beside an image.
///
/// Level 4 is read here, level 5 by ``MatlabLevel5``. Each variable of level 4 is a header of five 32-bit numbers (type, rows, columns, complex, length of the name), its name with a closing 0, and
/// its numbers, column by column.
package struct MatlabVariables {
  /// Names and numbers (column by column), in the file's order.
  package let all: [(name: String, values: [Double])]

  /// The variables of a file of level 4; nil where the bytes are no such file.
  package init?(_ bytes: [UInt8]) {
    var all: [(name: String, values: [Double])] = []
    var place = 0
    while place < bytes.count {
      guard let variable = Self.variable(bytes, &place) else { return nil }
      all.append(variable)
    }
    guard !all.isEmpty else { return nil }
    self.all = all
  }

  private static func variable(_ bytes: [UInt8], _ place: inout Int) -> (String, [Double])? {
    guard place + 20 <= bytes.count else { return nil }
    func header(_ isBig: Bool) -> [Int] {
      (0..<5).map { Int(Int32(truncatingIfNeeded: number(bytes, place + 4 * $0, 4, isBig: isBig))) }
    }
    // type is 1000·(byte order) + 10·(precision: 0 double, 1 float) + (0: numbers).
    let isBig = ![0, 10].contains(header(false)[0])
    let h = header(isBig)
    guard isBig ? [1000, 1010].contains(h[0]) : true else { return nil }
    let size = h[0] % 1000 == 0 ? 8 : 4
    guard (0...4096).contains(h[1]), (0...4096).contains(h[2]), h[3] == 0, (2...256).contains(h[4]) else { return nil }
    let count = h[1] * h[2]
    let begin = place + 20 + h[4]
    guard begin + count * size <= bytes.count, bytes[begin - 1] == 0 else { return nil }
    let letters = bytes[(place + 20)..<(begin - 1)]
    guard letters.allSatisfy({ (33...126).contains($0) }) else { return nil }
    let values = (0..<count).map { index -> Double in
      let bits = number(bytes, begin + index * size, size, isBig: isBig)
      return size == 8 ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(bits)))
    }
    place = begin + count * size
    return (String(decoding: letters, as: UTF8.self), values)
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ size: Int, isBig: Bool) -> UInt64 {
    var out: UInt64 = 0
    for offset in 0..<size { out = out << 8 | UInt64(bytes[start + (isBig ? offset : size - 1 - offset)]) }
    return out
  }
}
