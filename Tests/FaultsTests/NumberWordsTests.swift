import PellucidFaults
import Testing

@Suite struct `Numbers in sentences` {
  @Test(arguments: [
    (2.0, 1, "2"), (2.44, 1, "2.4"), (-0.25, 1, "-0.3"), (0.0625, 3, "0.063"), (-0.01, 1, "0"), (1e20, 2, "1e+20"),
    (.infinity, 1, "inf"), (.nan, 0, "nan"), (16.5, 0, "17"),
  ])
  func `are rounded, without zeros at the end`(number: Double, decimals: Int, words: String) {
    #expect(number.words(decimals: decimals) == words)
  }
}
