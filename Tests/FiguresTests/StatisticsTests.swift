import Figures
import Testing

@Suite struct `Numbers for figures` {
  @Test(arguments: [0.0, 0.1, 2, 37.5, 50, 98, 99.9, 100])
  func `percentiles are NumPy's`(percentile: Double) {
    var state: UInt64 = 7
    let values = (0..<5001).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let unit = Float(state >> 40) / Float(1 << 24)
      return (unit - 0.4) * (unit < 0.1 ? 1e-6 : unit > 0.9 ? 1e5 : 1)
    }
    let sorted = values.sorted()
    let rank = percentile / 100 * 5000
    let low = Int(rank)
    let high = min(low + 1, 5000)
    let wanted = Float(Double(sorted[low]) + (Double(sorted[high]) - Double(sorted[low])) * (rank - Double(low)))
    #expect(OrderStatistics(values + [.nan, .infinity]).percentile(percentile) == wanted)
  }

  @Test func `magnitudes, bounds and zeros`() {
    let values: [Float] = [0, -3, 1, 0, 2, .nan]
    #expect(OrderStatistics(values, magnitudes: true, excludingZero: true).percentile(50) == 2)
    #expect(OrderStatistics(values, magnitudes: true, excludingZero: true).count == 3)
    #expect(OrderStatistics(values, above: 0).percentile(0) == 1)
    #expect(OrderStatistics([.nan]).percentile(50) == nil)
  }

  @Test func `ticks are round, and hold zero`() {
    let ticks = Ticks(from: -0.0141, to: 0.0141, count: 8)
    #expect(ticks.labels == ["−0.010", "−0.005", "0", "0.005", "0.010"])
    let small = Ticks(from: 0, to: 3.7e-7, count: 4)
    #expect(small.labels == ["0", "1", "2", "3"])
    #expect(small.exponent == -7)
    #expect(Ticks(from: 1, to: 1, count: 4).values.isEmpty)
  }

  @Test func `numbers as a reader writes them`() {
    #expect(NumberText.millimetres(-12) == "−12 mm")
    #expect(NumberText.millimetres(0.004) == "0 mm")
    #expect(NumberText.millimetres(3.25) == "+3.25 mm")
    #expect(NumberText.short(0.0141) == "0.0141")
    #expect(NumberText.short(-3.66e-7) == "−3.66 × 10⁻⁷")
    #expect(NumberText.short(1000) == "1000")
  }
}
