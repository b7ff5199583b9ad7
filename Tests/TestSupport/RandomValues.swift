/// A repeatable sequence in 0..<1.
package struct RandomValues {
  private var state: UInt64

  /// A sequence of its own for each seed.
  package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// The next number.
  package mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }

  /// The next whole number below a bound.
  package mutating func next(below bound: Int) -> Int { min(Int(next() * Float(bound)), bound - 1) }
}
