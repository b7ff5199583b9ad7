#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Numbers as pictures print them: a real minus sign, no needless zeros.
extension NumberText {
  /// A number with a fixed count of decimals, as `−0.25`; the sign of a rounded zero is dropped.
  package static func fixed(_ value: Double, decimals: Int, plus: Bool = false) -> String {
    let text = FixedPoint.text(value, digits: decimals)
    if text.hasPrefix("-") { return "−" + text.dropFirst() }
    return plus && value > 0 && text.contains(where: { $0 != "0" && $0 != "." }) ? "+" + text : text
  }

  /// A number to three significant digits, with a power of ten where it is very large or small, as `1.25 × 10⁻⁶`.
  package static func short(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    let exponent = Int(floor(log10(abs(value)) + 1e-12))
    if (-3...3).contains(exponent) { return trimmed(fixed(value, decimals: max(0, 2 - exponent))) }
    return trimmed(fixed(value / pow(10, Double(exponent)), decimals: 2)) + " × " + powerOfTen(exponent)
  }

  /// The decimals that give a number three significant digits, at most six.
  package static func decimals(_ value: Double) -> Int {
    value == 0 || !value.isFinite ? 2 : min(6, max(0, 2 - Int(floor(log10(abs(value)) + 1e-9))))
  }

  /// A position in mm: a sign, and at most two decimals, only where they are needed.
  package static func millimetres(_ value: Double) -> String {
    trimmed(fixed(value, decimals: 2, plus: true)) + " mm"
  }

  /// `10⁻⁶`.
  package static func powerOfTen(_ exponent: Int) -> String {
    let digits: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    return "10" + String(String(exponent).compactMap { digits[$0] })
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
