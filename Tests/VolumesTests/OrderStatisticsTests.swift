import PellucidVolumes
import Testing

@Suite struct `Percentiles` {
  /// Few numbers are sorted, many are ranked by their bits.
  @Test(arguments: [0.0, 0.1, 2, 37.5, 50, 98, 99.9, 100], [1, 2, 3, 1000, 4097, 50_000])
  func `are NumPy's`(percentile: Double, count: Int) {
    var state: UInt64 = 7
    let values = (0..<count).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let unit = Float(state >> 40) / Float(1 << 24)
      return (unit - 0.4) * (unit < 0.1 ? 1e-6 : unit > 0.9 ? 1e5 : 1)
    }
    let sorted = values.sorted()
    let rank = percentile / 100 * Double(count - 1)
    let low = Int(rank)
    let high = min(low + 1, count - 1)
    let wanted = Double(sorted[low]) + (Double(sorted[high]) - Double(sorted[low])) * (rank - Double(low))
    let statistics = OrderStatistics(values + [.nan, .infinity])
    #expect(statistics.count == count)
    #expect(statistics.percentile(percentile) == wanted)
  }

  @Test(arguments: [1, 2000])
  func `of magnitudes, above a bound, without zeros`(copies: Int) {
    let values: [Float] = (0..<copies).flatMap { _ in [0, -3, 1, 0, 2, .nan] }
    let magnitudes = OrderStatistics(values, magnitudes: true, excludingZero: true)
    #expect(magnitudes.percentile(50) == 2 && magnitudes.percentile(100) == 3)
    #expect(magnitudes.count == 3 * copies)
    #expect(OrderStatistics(values, above: 0).percentile(0) == 1)
    #expect(OrderStatistics([.nan]).percentile(50) == nil)
  }
}
