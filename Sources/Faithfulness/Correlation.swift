/// How far two lists of numbers go together.
package enum Correlation {
  /// Pearson's correlation; nil where a side is constant or there are fewer than two pairs.
  package static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "a correlation is of pairs")
    guard x.count > 1, !isConstant(x), !isConstant(y) else { return nil }
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      let (u, v) = (a - meanX, b - meanY)
      xx += u * u
      yy += v * v
      xy += u * v
    }
    let product = xx.squareRoot() * yy.squareRoot()
    return product > 0 ? max(-1, min(1, xy / product)) : nil
  }

  /// Spearman's: Pearson's of the ranks, equal numbers sharing the middle of theirs.
  package static func spearman(_ x: [Double], _ y: [Double]) -> Double? { pearson(ranks(x), ranks(y)) }

  /// The ranks from 1, equal numbers sharing the middle of theirs.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    return ranks
  }

  private static func isConstant(_ values: [Double]) -> Bool { !values.contains { $0 != values[0] } }
}
