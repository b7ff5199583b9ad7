/// Uniform random numbers from a seed, the same on every machine: number n is a hash of seed + n·γ.
///
/// - Source: SplitMix64, Steele et al. 2014, doi:10.1145/2714064.2660195.
package struct UniformNumbers: Sendable {
  private var state: UInt64

  package init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  private mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In 0..<1.
  package mutating func next() -> Double { Double(bits() >> 11) / Double(UInt64(1) << 53) }

  /// A whole number in 0..<bound; the bias is below bound / 2⁵³.
  package mutating func next(below bound: Int) -> Int { min(Int(next() * Double(bound)), bound - 1) }

  /// 0..<count in an order of which each is equally likely (Fisher & Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for place in stride(from: count - 1, to: 0, by: -1) { order.swapAt(place, next(below: place + 1)) }
    return order
  }
}
