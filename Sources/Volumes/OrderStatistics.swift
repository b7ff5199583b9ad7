/// Percentiles of many numbers without sorting them.
///
/// Numbers are ranked by their bits, some at a time (a radix selection): a pass over the data says in which of 4096 parts of the number line a
/// rank lies, a second one picks out what lies in these parts, a few of a hundred, among which it goes on. Exact, whatever the distribution.
package struct OrderStatistics {
  /// How many numbers there are.
  package let count: Int
  private let values: ArraySlice<Float>
  private let choice: Choice
  /// How many numbers have each upper 12 bits.
  private let histogram: [Int]

  /// The finite numbers among `values`; where asked for, their magnitudes; only those above a bound; zeros left out.
  package init(_ values: [Float], magnitudes: Bool = false, above: Float = -.infinity, excludingZero: Bool = false) {
    self.init(values[...], magnitudes: magnitudes, above: above, excludingZero: excludingZero)
  }

  /// The same of a part of an array.
  package init(
    _ values: ArraySlice<Float>, magnitudes: Bool = false, above: Float = -.infinity, excludingZero: Bool = false
  ) {
    self.values = values
    choice = Choice(magnitudes: magnitudes, above: above, excludingZero: excludingZero)
    // Neighbours are often alike, and a counter that was just written has to be waited for: every second number has counters of its own.
    var (even, odd) = ([Int](repeating: 0, count: 4096), [Int](repeating: 0, count: 4096))
    let span = values.span
    var index = 0
    while index + 1 < span.count {
      if let key = choice.key(span[index]) { even[Int(key >> 20)] += 1 }
      if let key = choice.key(span[index + 1]) { odd[Int(key >> 20)] += 1 }
      index += 2
    }
    if index < span.count, let key = choice.key(span[index]) { even[Int(key >> 20)] += 1 }
    histogram = zip(even, odd).map { $0 + $1 }
    count = histogram.reduce(0, +)
  }

  /// The percentile 0…100 as NumPy's default: linear between the two numbers around rank percent/100 · (n − 1); nil where there are no
  /// numbers.
  package func percentile(_ percentile: Double) -> Double? { percentiles([percentile])?[0] }

  /// Several percentiles, for which the numbers are gone through once; nil where there are none.
  package func percentiles(_ percentiles: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    let ranks = percentiles.map { min(100, max(0, $0)) / 100 * Double(count - 1) }
    let numbers = numbers(ofRanks: ranks.flatMap { [Int($0), min(Int($0) + 1, count - 1)] })
    return ranks.enumerated().map { place, rank in
      let (low, high) = (Double(numbers[2 * place]), Double(numbers[2 * place + 1]))
      return low + (high - low) * (rank - rank.rounded(.down))
    }
  }

  /// The numbers of these ranks.
  private func numbers(ofRanks ranks: [Int]) -> [Float] {
    let places = ranks.map { Self.bin(of: $0, in: histogram) }
    let bins = Array(Set(places.map(\.bin)))
    let (keys, zeros) = keys(in: bins)
    return places.map { bin, rank in
      // Zeros are the least of their bin.
      if bin == Choice.zeroBin, rank < zeros { return 0 }
      let own = keys[bins.firstIndex(of: bin) ?? 0]
      return Choice.number(Self.key(ofRank: bin == Choice.zeroBin ? rank - zeros : rank, among: own, below: 20))
    }
  }

  /// The bin that holds a rank, and the rank within it.
  private static func bin(of rank: Int, in histogram: [Int]) -> (bin: Int, rank: Int) {
    var rank = rank
    for (bin, count) in histogram.enumerated() {
      if rank < count { return (bin, rank) }
      rank -= count
    }
    preconditionFailure("a rank beyond the numbers")
  }

  /// The keys with each of these upper 12 bits; zeros, half of a scan, are only counted.
  private func keys(in bins: [Int]) -> (keys: [[UInt32]], zeros: Int) {
    var keys = bins.map { bin in
      var own: [UInt32] = []
      if bin != Choice.zeroBin { own.reserveCapacity(histogram[bin]) }
      return own
    }
    var zeros = 0
    var slots = [Int16](repeating: -1, count: 4096)
    for (slot, bin) in bins.enumerated() { slots[bin] = Int16(slot) }
    let span = values.span
    for index in span.indices {
      guard let key = choice.key(span[index]) else { continue }
      // Most are in none of them.
      let slot = slots[Int(key >> 20)]
      guard slot >= 0 else { continue }
      if key == Choice.zero { zeros += 1 } else { keys[Int(slot)].append(key) }
    }
    return (keys, zeros)
  }

  /// The key of a rank among keys that have their upper bits in common; `bits` are left.
  private static func key(ofRank rank: Int, among keys: [UInt32], below bits: Int) -> UInt32 {
    guard keys.count > 512, bits > 0 else { return keys.sorted()[rank] }
    let shift = max(0, bits - 10)
    var histogram = [Int](repeating: 0, count: 1024)
    for key in keys { histogram[Int(key >> shift) & 1023] += 1 }
    let (bin, rank) = bin(of: rank, in: histogram)
    return Self.key(ofRank: rank, among: keys.filter { Int($0 >> shift) & 1023 == bin }, below: shift)
  }
}

/// Which numbers count, as what, and in which order.
private struct Choice {
  let magnitudes: Bool
  let above: Float
  let excludingZero: Bool

  /// Bits that ascend with the number; nil for numbers that do not count.
  @inline(__always)
  func key(_ value: Float) -> UInt32? {
    guard value.isFinite, value > above, !(excludingZero && value == 0) else { return nil }
    let bits = (magnitudes ? value.magnitude : value).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  /// The key of 0 (of −0: the one below), and its bin.
  static let zero: UInt32 = 0x8000_0000
  static let zeroBin = 0x800

  /// The number of a key.
  static func number(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7fff_ffff)
  }
}
