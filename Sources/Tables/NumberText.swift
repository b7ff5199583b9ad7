/// Numbers as text for tables: nine significant digits, a point for the decimals, in any locale.
package enum NumberText {
  /// A number to nine significant digits, as C's `%.9g` writes it but for the exponent's form; `n/a` where there is none or it is not finite.
  package static func significant(_ value: Double?, digits: Int = 9) -> String {
    guard let value, value.isFinite else { return Table.missing }
    if value == 0 { return "0" }
    // The shortest text that reads back as the number: its digits and exponent are rounded as decimals.
    var figures: [UInt8] = []
    var exponent = 0
    var beforePoint: Int?
    var text = "\(abs(value))".utf8[...]
    while let byte = text.popFirst() {
      if byte &- 48 < 10 {
        figures.append(byte &- 48)
      } else if byte == UInt8(ascii: ".") {
        beforePoint = figures.count
      } else {
        exponent = Int(Substring(text)) ?? 0
        break
      }
    }
    // value = 0.f₀f₁f₂… · 10^point
    var point = (beforePoint ?? figures.count) + exponent
    let zeros = figures.prefix { $0 == 0 }.count
    figures.removeFirst(zeros)
    point -= zeros
    if figures.count > digits {
      let roundsUp = figures[digits] >= 5
      figures.removeLast(figures.count - digits)
      if roundsUp, increment(&figures) { point += 1 }
    }
    while figures.count > 1, figures.last == 0 { figures.removeLast() }
    return (value < 0 ? "-" : "") + spelt(figures, point: point, digits: digits)
  }

  /// Adds one to the last figure; true where the number grew by a figure (its count stays).
  private static func increment(_ figures: inout [UInt8]) -> Bool {
    var place = figures.count - 1
    while place >= 0 {
      if figures[place] < 9 {
        figures[place] += 1
        return false
      }
      figures[place] = 0
      place -= 1
    }
    figures.insert(1, at: 0)
    figures.removeLast()
    return true
  }

  private static func spelt(_ figures: [UInt8], point: Int, digits: Int) -> String {
    func text(_ part: ArraySlice<UInt8>) -> String { String(decoding: part.map { $0 + 48 }, as: UTF8.self) }
    if point > digits || point < -3 {
      let rest = figures.count > 1 ? "." + text(figures[1...]) : ""
      return "\(figures[0])\(rest)e\(point - 1)"
    }
    if point <= 0 { return "0." + String(repeating: "0", count: -point) + text(figures[...]) }
    if figures.count <= point { return text(figures[...]) + String(repeating: "0", count: point - figures.count) }
    return text(figures[..<point]) + "." + text(figures[point...])
  }
}
