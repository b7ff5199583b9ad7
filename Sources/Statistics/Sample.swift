/// Some numbers and what is known of them at once.
public struct Sample: Sendable, Hashable {
  /// The numbers.
  public let values: [Double]

  /// A sample of numbers.
  public init(_ values: [Double]) { self.values = values }

  /// How many.
  public var count: Int { values.count }

  /// The mean; nil of none.
  public var mean: Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(count) }

  /// The variance, with n − 1; nil of fewer than two.
  public var variance: Double? {
    guard count > 1, let mean else { return nil }
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
  }

  /// The standard deviation, with n − 1; nil of fewer than two.
  public var standardDeviation: Double? { variance?.squareRoot() }

  /// The values' ranks from 1, ties by their mean rank.
  public var ranks: [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: count)
    var begin = 0
    while begin < count {
      var end = begin
      while end + 1 < count, values[order[end + 1]] == values[order[begin]] { end += 1 }
      for place in begin...end { ranks[order[place]] = Double(begin + end) / 2 + 1 }
      begin = end + 1
    }
    return ranks
  }
}
