/// Random numbers that are the same for a seed and a stream everywhere: SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
public struct RandomNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Numbers of a seed; streams of one seed do not depend on one another.
  public init(seed: UInt64, stream: UInt64 = 0) {
    state = Self.mixed(seed &+ 0x9e37_79b9_7f4a_7c15) ^ Self.mixed(stream &+ 0xd1b5_4a32_d192_ed03)
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mixed(state)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A number below a bound, each as likely (Lemire 2019, doi:10.1145/3230636).
  public mutating func below(_ bound: Int) -> Int {
    let range = UInt64(bound)
    while true {
      let (high, low) = next().multipliedFullWidth(by: range)
      if low >= (0 &- range) % range { return Int(high) }
    }
  }

  /// The order in which some things stand after they were shuffled.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for place in stride(from: count - 1, to: 0, by: -1) { order.swapAt(place, below(place + 1)) }
    return order
  }

  /// Signs, each as likely.
  public mutating func signs(_ count: Int) -> [Double] { (0..<count).map { _ in next() >> 63 == 0 ? 1 : -1 } }
}
