/// Percentiles of many numbers without sorting them.
///
/// Numbers are ranked by their bits, 16 at a time (a radix selection): two passes over the data give exact order statistics, whatever
/// their distribution, and nothing is copied or moved. A few thousand numbers are sorted instead, which is faster.
package struct OrderStatistics {
  /// How many numbers there are.
  package let count: Int
  private let values: [Float]
  private let choice: Choice
  private let ranking: Ranking

  private enum Ranking {
    case sorted([Float])
    /// How many numbers have each upper 16 bits.
    case histogram([Int])
  }

  /// The finite numbers among `values`; where asked for, their magnitudes; only those above a bound; zeros left out.
  package init(_ values: [Float], magnitudes: Bool = false, above: Float = -.infinity, excludingZero: Bool = false) {
    self.values = values
    choice = Choice(magnitudes: magnitudes, above: above, excludingZero: excludingZero)
    if values.count <= 4096 {
      let numbers = values.compactMap(choice.key).sorted().map(Choice.number)
      count = numbers.count
      ranking = .sorted(numbers)
      return
    }
    var upper = [Int](repeating: 0, count: 65536)
    var count = 0
    let span = values.span
    for index in span.indices {
      guard let key = choice.key(span[index]) else { continue }
      upper[Int(key >> 16)] += 1
      count += 1
    }
    self.count = count
    ranking = .histogram(upper)
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
    switch ranking {
    case .sorted(let numbers): return ranks.map { numbers[$0] }
    case .histogram(let upper):
      let places = ranks.map { Self.bin(of: $0, in: upper) }
      let bins = Array(Set(places.map(\.bin)))
      let lower = lowerHistograms(of: bins)
      return places.map { bin, rank in
        let own = (bins.firstIndex(of: bin) ?? 0) * 65536
        return Choice.number(UInt32(bin) << 16 | UInt32(Self.bin(of: rank, in: lower[own..<(own + 65536)]).bin))
      }
    }
  }

  /// The bin that holds a rank, and the rank within it.
  private static func bin(of rank: Int, in histogram: some Sequence<Int>) -> (bin: Int, rank: Int) {
    var rank = rank
    for (bin, count) in histogram.enumerated() {
      if rank < count { return (bin, rank) }
      rank -= count
    }
    preconditionFailure("a rank beyond the numbers")
  }

  /// How many of the numbers with each of these upper 16 bits have each lower 16 bits, one after another.
  private func lowerHistograms(of bins: [Int]) -> [Int] {
    var lower = [Int](repeating: 0, count: 65536 * bins.count)
    var starts = [Int32](repeating: -1, count: 65536)
    for (place, bin) in bins.enumerated() { starts[bin] = Int32(65536 * place) }
    let span = values.span
    for index in span.indices {
      guard let key = choice.key(span[index]) else { continue }
      // Most are in none of them.
      let start = Int(starts[Int(key >> 16)])
      if start >= 0 { lower[start + Int(key & 65535)] += 1 }
    }
    return lower
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

  /// The number of a key.
  static func number(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7fff_ffff)
  }
}
