import PellucidTables
import Testing

@Suite struct `Numbers as text` {
  @Test(
    arguments: [
      (0.0, "0"), (-0.0, "0"), (1, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1.0 / 3, "0.333333333"),
      (2.0 / 3, "0.666666667"),
      (123456789, "123456789"), (1234567890, "1.23456789e9"), (99999999.96, "100000000"), (999999999.6, "1e9"),
      (0.0001, "0.0001"),
      (0.00001234, "1.234e-5"), (1.7976931348623157e308, "1.79769313e308"), (.leastNonzeroMagnitude, "5e-324"),
      (1500, "1500"), (0.99999999999, "1"),
    ] as [(Double, String)])
  func `numbers have nine significant digits`(number: Double, text: String) {
    #expect(NumberText.significant(number) == text)
  }

  @Test func `what is no number is n/a`() {
    #expect(NumberText.significant(nil) == "n/a")
    #expect(NumberText.significant(.nan) == "n/a")
  }
}
