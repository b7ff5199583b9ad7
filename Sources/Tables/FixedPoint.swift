/// Numbers for people, with a fixed count of decimals and no locale.
public enum FixedPoint {
  /// `0.970` for 0.97 with three digits; words for what is not finite.
  public static func text(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = (abs(value) * scale).rounded()
    guard whole < 9e15 else { return "\(value)" }
    let number = Int(whole)
    let sign = value < 0 && number != 0 ? "-" : ""
    let unit = Int(scale)
    guard digits > 0 else { return sign + String(number) }
    let fraction = String(number % unit)
    return sign + String(number / unit) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
