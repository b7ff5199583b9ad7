/// The numbers between two bounds, either of which may be infinite.
struct Interval: Hashable {
  var low: Double
  var high: Double

  /// Whatever number there is.
  static let all = Interval(low: -.infinity, high: .infinity)
  /// What a probability can be.
  static let unit = Interval(low: 0, high: 1)
  static let notNegative = Interval(low: 0, high: .infinity)

  init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// One number.
  init(_ value: Double) { self.init(low: value, high: value) }

  var isBounded: Bool { low.isFinite && high.isFinite }

  /// Whether a number lies in it, or no further off than the tolerance.
  func contains(_ other: Interval, tolerance: Double) -> Bool {
    other.low >= low - tolerance && other.high <= high + tolerance
  }

  /// What both allow; where rounding has parted them, the first.
  func intersected(_ other: Interval) -> Interval {
    let common = Interval(low: max(low, other.low), high: min(high, other.high))
    return common.low <= common.high ? common : self
  }

  /// The smallest that holds both.
  func hull(_ other: Interval) -> Interval { Interval(low: min(low, other.low), high: max(high, other.high)) }

  static func + (a: Interval, b: Interval) -> Interval { Interval(low: a.low + b.low, high: a.high + b.high) }

  static func * (a: Interval, b: Interval) -> Interval {
    func product(_ x: Double, _ y: Double) -> Double { x == 0 || y == 0 ? 0 : x * y }
    let products = [
      product(a.low, b.low), product(a.low, b.high), product(a.high, b.low), product(a.high, b.high),
    ]
    return Interval(low: products.min() ?? -.infinity, high: products.max() ?? .infinity)
  }

  func scaled(by factor: Double) -> Interval { self * Interval(factor) }

  /// Quotients by numbers that are not negative.
  func divided(byPositive other: Interval) -> Interval {
    guard other.low >= 0 else { return .all }
    let inverse = Interval(
      low: other.high == .infinity ? 0 : 1 / other.high, high: other.low > 0 ? 1 / other.low : .infinity)
    return self * inverse
  }
}
