/// Percentiles of many numbers without sorting them.
///
/// Numbers are ranked by their bits, 16 at a time (a radix selection), so that two passes over the data give exact order statistics.
package struct OrderStatistics {
  /// Histogram of the upper 16 bits of the ordered bit pattern.
  private var upper = [Int](repeating: 0, count: 65536)
  /// How many numbers there are.
  package private(set) var count = 0
  private let values: [Float]
  private let magnitudes: Bool
  private let above: Float
  private let excludingZero: Bool

  /// The finite numbers among `values`; where asked for, their magnitudes; only those above a bound; zeros left out.
  package init(_ values: [Float], magnitudes: Bool = false, above: Float = -.infinity, excludingZero: Bool = false) {
    self.values = values
    self.magnitudes = magnitudes
    self.above = above
    self.excludingZero = excludingZero
    let span = values.span
    for index in span.indices {
      guard let key = Self.key(span[index], magnitudes, above, excludingZero) else { continue }
      upper[Int(key >> 16)] += 1
      count += 1
    }
  }

  /// The percentile 0…100, linear between neighbours as NumPy's default; nil where there are no numbers.
  package func percentile(_ percentile: Double) -> Float? {
    guard count > 0 else { return nil }
    let rank = min(100, max(0, percentile)) / 100 * Double(count - 1)
    let low = Int(rank.rounded(.down))
    let (a, b) = neighbours(low)
    return Float(Double(a) + (Double(b) - Double(a)) * (rank - Double(low)))
  }

  /// The numbers of rank `rank` and `rank + 1` (the last twice where there is none).
  private func neighbours(_ rank: Int) -> (Float, Float) {
    let next = min(rank + 1, count - 1)
    let (bin, before) = bin(of: rank)
    let (nextBin, nextBefore) = self.bin(of: next)
    let lower = lowerHistogram(of: bin)
    let nextLower = nextBin == bin ? lower : lowerHistogram(of: nextBin)
    return (pick(bin, lower, rank - before), pick(nextBin, nextLower, next - nextBefore))
  }

  private func bin(of rank: Int) -> (bin: Int, before: Int) {
    var before = 0
    for bin in 0..<65536 {
      if before + upper[bin] > rank { return (bin, before) }
      before += upper[bin]
    }
    return (65535, before)
  }

  private func lowerHistogram(of bin: Int) -> [Int] {
    var lower = [Int](repeating: 0, count: 65536)
    let span = values.span
    for index in span.indices {
      guard let key = Self.key(span[index], magnitudes, above, excludingZero), Int(key >> 16) == bin else { continue }
      lower[Int(key & 65535)] += 1
    }
    return lower
  }

  private func pick(_ bin: Int, _ lower: [Int], _ rank: Int) -> Float {
    var before = 0
    for low in 0..<65536 {
      before += lower[low]
      if before > rank {
        let key = UInt32(bin) << 16 | UInt32(low)
        return Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7fff_ffff)
      }
    }
    return .nan
  }

  /// Bits that ascend with the number; nil for numbers that do not count.
  @inline(__always)
  private static func key(_ value: Float, _ magnitudes: Bool, _ above: Float, _ excludingZero: Bool) -> UInt32? {
    guard value.isFinite, value > above, !(excludingZero && value == 0) else { return nil }
    let bits = (magnitudes ? value.magnitude : value).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }
}
