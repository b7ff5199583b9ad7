/// Mean, population standard deviation and bounds of a channel, summed in double.
struct ChannelMoments {
  let mean: Double
  /// √(Σ (x − mean)² / n); 0 also where only rounding makes values differ from the mean.
  let populationDeviation: Double
  let low: Float
  let high: Float

  /// Nil where no voxel counts.
  init?(_ values: [Float], in range: Range<Int>, onlyNonzero: Bool) {
    let span = values.span
    var count = 0
    var sum = 0.0
    var (low, high) = (Float.infinity, -Float.infinity)
    for index in range {
      let value = span[index]
      guard !onlyNonzero || value != 0 else { continue }
      count += 1
      sum += Double(value)
      low = min(low, value)
      high = max(high, value)
    }
    guard count > 0 else { return nil }
    let mean = sum / Double(count)
    var squares = 0.0
    for index in range {
      let value = span[index]
      guard !onlyNonzero || value != 0 else { continue }
      let difference = Double(value) - mean
      squares += difference * difference
    }
    self.mean = mean
    self.low = low
    self.high = high
    populationDeviation = low == high ? 0 : (squares / Double(count)).squareRoot()
  }
}
