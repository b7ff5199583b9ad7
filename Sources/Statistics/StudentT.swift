#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Student's t distribution.
public enum StudentT {
  /// The probability of a value at least as far from 0, both sides; nil where t or the degrees of freedom are no numbers above 0.
  ///
  ///     p = I_{ν/(ν+t²)}(ν/2, 1/2)
  /// - Accuracy: 1e-9 of scipy's, relative; 1e-12 up to 500 degrees of freedom.
  public static func twoSided(_ t: Double, degreesOfFreedom: Double) -> Double? {
    guard !t.isNaN, degreesOfFreedom > 0 else { return nil }
    if t.isInfinite { return 0 }
    // Near 0 the other side of the function keeps the digits of t²; far from it, 1 minus that would leave none of a small p.
    if t * t < min(1, degreesOfFreedom) {
      let x = t * t / (degreesOfFreedom + t * t)
      return 1 - IncompleteBeta.regularized(x, a: 0.5, b: degreesOfFreedom / 2)
    }
    return IncompleteBeta.regularized(
      degreesOfFreedom / (degreesOfFreedom + t * t), a: degreesOfFreedom / 2, b: 0.5)
  }

  /// The t above which a part p/2 lies, for 0 < p < 1: the half-width of an interval in standard errors.
  ///
  /// By bisection on ``twoSided(_:degreesOfFreedom:)``, which is monotone.
  public static func critical(_ p: Double, degreesOfFreedom: Double) -> Double? {
    guard p > 0, p < 1, degreesOfFreedom > 0 else { return nil }
    var (low, high) = (0.0, 1.0)
    while (twoSided(high, degreesOfFreedom: degreesOfFreedom) ?? 0) > p, high < 1e300 {
      low = high
      high *= 2
    }
    for _ in 0..<200 where low.nextUp < high {
      let middle = low + (high - low) / 2
      if (twoSided(middle, degreesOfFreedom: degreesOfFreedom) ?? 0) > p { low = middle } else { high = middle }
    }
    return low + (high - low) / 2
  }
}

/// The standard normal distribution.
public enum Normal {
  /// The part below z.
  public static func below(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The probability of a value at least as far from 0, both sides.
  public static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

  /// z with 95 % between −z and z.
  public static let critical95 = 1.959963984540054
}
