/// Numbers as text for tables: nine significant digits, a point for the decimals, in any locale.
package enum NumberText {
  /// A number to nine significant digits, as C's `%.9g` writes it but for the exponent's form; `n/a` where there is none or it is not finite.
  package static func significant(_ value: Double?, digits: Int = 9) -> String {
    guard let value, value.isFinite else { return Table.missing }
    if value == 0 { return "0" }
    // The shortest text that reads back as the number, at most 17 figures: it is rounded as a decimal.
    var (figures, count, decimals, exponent) = (UInt64(0), 0, 0, 0)
    var hasPoint = false
    var text = "\(abs(value))".utf8[...]
    while let byte = text.popFirst() {
      if byte &- 48 < 10 {
        figures = figures * 10 + UInt64(byte &- 48)
        if figures > 0 { count += 1 }
        if hasPoint { decimals += 1 }
      } else if byte == UInt8(ascii: ".") {
        hasPoint = true
      } else {
        exponent = Int(Substring(text)) ?? 0
        break
      }
    }
    // value = 0.f₀f₁f₂… · 10^point
    var point = count - decimals + exponent
    if count > digits {
      var unit = UInt64(1)
      for _ in digits..<count { unit *= 10 }
      figures = figures / unit + (figures % unit >= unit / 2 ? 1 : 0)
    }
    var grown = String(figures).utf8.count
    if count > digits, grown > digits { point += 1 }
    while grown > 1, figures % 10 == 0 {
      figures /= 10
      grown -= 1
    }
    return (value < 0 ? "-" : "") + spelt(String(figures), point: point, digits: digits)
  }

  private static func spelt(_ figures: String, point: Int, digits: Int) -> String {
    if point > digits || point < -3 {
      let rest = figures.utf8.count > 1 ? "." + figures.dropFirst() : ""
      return figures.prefix(1) + rest + "e\(point - 1)"
    }
    if point <= 0 { return "0." + String(repeating: "0", count: -point) + figures }
    if figures.utf8.count <= point { return figures + String(repeating: "0", count: point - figures.utf8.count) }
    return figures.prefix(point) + "." + figures.dropFirst(point)
  }
}
