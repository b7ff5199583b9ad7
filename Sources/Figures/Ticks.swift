internal import PellucidTables

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Round places for the numbers of a scale.
package struct Ticks: Sendable {
  /// Where the ticks are, ascending.
  package let values: [Double]
  /// What stands beside them.
  package let labels: [String]
  /// The power of ten that the labels are to be multiplied with; 0: none.
  package let exponent: Int
  /// That power.
  package let unit: Double

  /// Ticks at multiples of 1, 2 or 5 × 10ⁿ, at most `count` intervals; 0 is one of them where the range holds it.
  package init(from low: Double, to high: Double, count: Int) {
    let reach = max(abs(low), abs(high))
    // Beyond these bounds the arithmetic of ticks leaves the numbers; nobody can read such scales anyway.
    guard high > low, reach > 1e-290, reach < 1e290, high - low > 1e-9 * reach else {
      (values, labels, exponent, unit) = ([], [], 0, 1)
      return
    }
    let rough = (high - low) / Double(max(1, count))
    let power = pow(10, floor(log10(rough) + 1e-9))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
    let magnitude = Int(floor(log10(reach) + 1e-9))
    exponent = (-3...3).contains(magnitude) ? 0 : magnitude
    let unit = pow(10, Double(exponent))
    self.unit = unit
    let decimals = max(0, -Int(floor(log10(step / unit) + 1e-9)))
    let slack = step * 1e-6
    let indices = Int(((low - slack) / step).rounded(.up))...Int(((high + slack) / step).rounded(.down))
    values = indices.map { Double($0) * step }
    labels = values.map { abs($0) < slack ? "0" : NumberText.fixed($0 / unit, decimals: decimals) }
  }
}

/// Scales that count in powers of ten.
extension Ticks {
  /// The whole powers of ten around some numbers above 0, at least one decade; six at most, of which the lower ones are cut.
  static func decades(around values: [Double]) -> (low: Double, high: Double) {
    let (least, largest) = (values.min() ?? 1, values.max() ?? 1)
    // Beyond these bounds powers of ten leave the numbers.
    let high = Int(min(300, max(-299, log10(largest).rounded(.up))))
    let low = Int(min(Double(high - 1), max(Double(max(-300, high - 6)), log10(least).rounded(.down))))
    return (pow(10, Double(low)), pow(10, Double(high)))
  }

  /// Ticks at the powers of ten of a scale above 0.
  init(decadesFrom low: Double, to high: Double) {
    let powers = Int((log10(low) - 1e-9).rounded(.up))...Int((log10(high) + 1e-9).rounded(.down))
    values = powers.map { pow(10, Double($0)) }
    labels = powers.map { (-3...3).contains($0) ? NumberText.short(pow(10, Double($0))) : NumberText.powerOfTen($0) }
    (exponent, unit) = (0, 1)
  }

  /// The decadic logarithm.
  static func logarithm(of value: Double) -> Double { log10(value) }
}
