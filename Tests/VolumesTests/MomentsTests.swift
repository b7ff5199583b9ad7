import PellucidVolumes
import Testing

@Suite struct `Means and deviations` {
  /// numpy.mean, numpy.std with ddof 1 and 0, numpy.median.
  @Test func `are numpy's`() {
    let moments = Moments([1.0, 2, 4])
    #expect(abs((moments.mean ?? 0) - 2.333_333_333_333_333_5) < 1e-15)
    #expect(abs((moments.sampleDeviation ?? 0) - 1.527_525_231_651_946_8) < 1e-15)
    #expect(abs((moments.populationDeviation ?? 0) - 1.247_219_128_924_647_1) < 1e-15)
    #expect(Moments([1, 2, 4] as [Float]) == moments)
    #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5)
  }

  @Test func `are not there without numbers`() {
    let (none, one) = (Moments([Double]()), Moments([3.0]))
    #expect(none.mean == nil && none.sampleDeviation == nil && none.populationDeviation == nil)
    #expect(one.mean == 3 && one.sampleDeviation == nil && one.populationDeviation == 0)
    #expect([Double]().median == nil)
  }
}
