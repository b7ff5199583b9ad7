package import PellucidTensors

/// Random values that are the same in every run (SplitMix64).
package struct Noise: RandomNumberGenerator {
  private var state: UInt64

  /// A sequence of its own for each seed.
  package init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Values between −1 and 1.
  package mutating func values(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &self) }
  }

  /// Values of which no two lie closer than 0.1, and none closer than 0.05 to 0: for functions with kinks.
  package mutating func spreadValues(_ count: Int) -> [Float] {
    (0..<count).map { (Float($0 - count / 2) + 0.5) * 0.1 }.shuffled(using: &self)
  }

  /// A tensor of values between −1 and 1.
  package mutating func tensor(_ shape: [Int]) -> Tensor { Tensor(values(shape.reduce(1, *)), shape: Shape(shape)) }
}
