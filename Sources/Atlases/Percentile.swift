/// Percentiles as numpy's default: linear between the two values around rank `q/100 · (n − 1)`.
enum Percentile {
  /// - Precondition: at least one value, all finite; 0 ≤ percent ≤ 100.
  /// - Complexity: linear on average (quickselect).
  static func linear(_ percent: Double, of values: [Float]) -> Double {
    precondition(!values.isEmpty, "a percentile needs a value")
    var values = values
    let rank = percent / 100 * Double(values.count - 1)
    let below = Int(rank)
    let low = select(below, of: &values)
    let part = rank - Double(below)
    guard part > 0, below + 1 < values.count else { return Double(low) }
    var high = Float.infinity
    for index in (below + 1)..<values.count { high = min(high, values[index]) }
    return Double(low) + part * (Double(high) - Double(low))
  }

  /// The value that would stand at `rank` in ascending order; afterwards no value before it is larger and none after it smaller.
  private static func select(_ rank: Int, of values: inout [Float]) -> Float {
    var low = 0
    var high = values.count - 1
    var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
    while low < high {
      // Hoare's partition about a value from a pseudo-random place (the same in every run), which sorted input cannot spoil.
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let pivot = values[low + Int(seed >> 33) % (high - low + 1)]
      var i = low
      var j = high
      while i <= j {
        while values[i] < pivot { i += 1 }
        while values[j] > pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j {
        high = j
      } else if rank >= i {
        low = i
      } else {
        return values[rank]
      }
    }
    return values[rank]
  }
}
