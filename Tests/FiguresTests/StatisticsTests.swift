import PellucidFigures
import PellucidTables
import Testing

@Suite struct `Numbers for figures` {
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
