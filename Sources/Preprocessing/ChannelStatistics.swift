/// Mean, population standard deviation and bounds of a channel, summed in double.
struct ChannelMoments {
  let mean: Double
  /// √(Σ (x − mean)² / n); 0 also where only rounding makes values differ from the mean.
  let deviation: Double
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
    deviation = low == high ? 0 : (squares / Double(count)).squareRoot()
  }
}

/// Percentiles of finite numbers without sorting them all: the numbers are partitioned around each rank that is asked for (quickselect).
struct RankSelection {
  private var values: [Float]

  /// - Precondition: at least one number, all finite.
  init(_ values: [Float]) {
    precondition(!values.isEmpty, "a percentile of no numbers")
    self.values = values
  }

  /// As numpy's default: linear between the two numbers around rank percent/100 · (n − 1).
  mutating func percentile(_ percent: Double) -> Double {
    let rank = min(max(percent / 100, 0), 1) * Double(values.count - 1)
    let below = Int(rank)
    let low = Double(number(at: below))
    let part = rank - Double(below)
    guard part > 0, below + 1 < values.count else { return low }
    // After the partition every later number is at least as large.
    var next = Float.infinity
    for index in (below + 1)..<values.count { next = min(next, values[index]) }
    return low + part * (Double(next) - low)
  }

  /// The number at a rank; afterwards none before it is larger and none after it smaller.
  private mutating func number(at rank: Int) -> Float {
    var (first, last) = (0, values.count - 1)
    while first < last {
      let pivot = median(values[first], values[(first + last) / 2], values[last])
      var (left, right) = (first, last)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while values[right] > pivot { right -= 1 }
        guard left <= right else { break }
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
      if rank <= right { last = right } else if rank >= left { first = left } else { break }
    }
    return values[rank]
  }

  private func median(_ a: Float, _ b: Float, _ c: Float) -> Float { max(min(a, b), min(max(a, b), c)) }
}
