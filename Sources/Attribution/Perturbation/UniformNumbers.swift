/// Uniform random numbers from a seed, the same on every machine.
///
/// - Source: SplitMix64, Steele et al. 2014, doi:10.1145/2714064.2660195.
package struct UniformNumbers: Sendable {
  private var source: NormalNumbers

  package init(seed: Int) { source = NormalNumbers(seed: UInt64(truncatingIfNeeded: seed)) }

  /// In 0..<1.
  package mutating func next() -> Double { Double(source.bits() >> 11) / Double(UInt64(1) << 53) }

  /// A whole number in 0..<bound; the bias is below bound / 2⁵³.
  package mutating func next(below bound: Int) -> Int { min(Int(next() * Double(bound)), bound - 1) }

  /// 0..<count in an order of which each is equally likely (Fisher & Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for place in stride(from: count - 1, to: 0, by: -1) { order.swapAt(place, next(below: place + 1)) }
    return order
  }
}
