/// Normally distributed numbers from a seed; the same on every machine.
///
/// Uniform bits from SplitMix64 (Steele et al. 2014), made normal by the polar method (Marsaglia & Bray 1964).
struct NormalNumbers: Sendable {
  private var state: UInt64
  private var spare: Double?

  init(seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in −1…1.
  private mutating func signed() -> Double { Double(bits() >> 11) / Double(UInt64(1) << 52) - 1 }

  mutating func next() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let (u, v) = (signed(), signed())
      let s = u * u + v * v
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * logarithm(s) / s).squareRoot()
      spare = v * factor
      return u * factor
    }
  }

  mutating func next(_ count: Int, deviation: Float) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(deviation * Float(next())) }
    return values
  }
}
