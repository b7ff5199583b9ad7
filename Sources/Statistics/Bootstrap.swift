/// Intervals by drawing subjects again: what the difference of two groups would have been in other samples of the same people.
///
/// - Source: Efron 1979, doi:10.1214/aos/1176344552; the interval: the percentiles of what the draws give.
public enum Bootstrap {
  /// The interval that holds 95 % of the differences of the means, each group drawn again with replacement.
  /// - Accuracy: scipy's `bootstrap(method="percentile")` within what so many draws leave open.
  /// - Returns: nil where a group has fewer than two values.
  public static func difference(
    _ a: [Double], _ b: [Double], draws: Int, seed: UInt64
  ) -> (low: Double, high: Double)? {
    guard a.count > 1, b.count > 1 else { return nil }
    return interval(draws, seed: seed) { numbers in mean(a, &numbers) - mean(b, &numbers) }
  }

  /// The same for the mean of differences of pairs.
  public static func mean(
    of differences: [Double], draws: Int, seed: UInt64
  ) -> (low: Double, high: Double)? {
    guard differences.count > 1 else { return nil }
    return interval(draws, seed: seed) { numbers in mean(differences, &numbers) }
  }

  private static func mean(_ values: [Double], _ numbers: inout RandomNumbers) -> Double {
    var sum = 0.0
    for _ in values { sum += values[numbers.below(values.count)] }
    return sum / Double(values.count)
  }

  private static func interval(
    _ draws: Int, seed: UInt64, _ draw: (inout RandomNumbers) -> Double
  ) -> (low: Double, high: Double)? {
    guard draws > 0 else { return nil }
    var numbers = RandomNumbers(seed: seed, stream: 0x626f_6f74)
    let sorted = (0..<draws).map { _ in draw(&numbers) }.sorted()
    return (quantile(sorted, 0.025), quantile(sorted, 0.975))
  }

  /// Between neighbours linearly, as numpy's.
  private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
    let place = part * Double(sorted.count - 1)
    let below = min(Int(place), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
