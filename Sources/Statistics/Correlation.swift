/// Pearson's and Spearman's correlation.
public enum Correlation {
  /// Pearson's r alone; nil for fewer than two pairs, or where one side does not vary.
  public static func coefficient(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "a correlation is of pairs")
    guard x.count > 1, let meanX = Sample(x).mean, let meanY = Sample(y).mean else { return nil }
    let (a, b) = (x.map { $0 - meanX }, y.map { $0 - meanY })
    let (xx, yy) = (LinearModel.dot(a, a), LinearModel.dot(b, b))
    // What rounding leaves of a constant does not vary.
    guard xx > 1e-24 * LinearModel.dot(x, x), yy > 1e-24 * LinearModel.dot(y, y) else { return nil }
    return min(1, max(-1, LinearModel.dot(a, b) / (xx.squareRoot() * yy.squareRoot())))
  }

  /// Spearman's alone: Pearson's of the ranks, equal numbers sharing the middle of theirs.
  public static func rankCoefficient(_ x: [Double], _ y: [Double]) -> Double? {
    coefficient(Sample(x).ranks, Sample(y).ranks)
  }

  /// Pearson's r with the two-sided p of its t on n − 2 degrees of freedom, as scipy's; nil for fewer than three pairs, or where one side
  /// does not vary.
  public static func pearson(_ x: [Double], _ y: [Double]) -> (r: Double, p: Double)? {
    guard x.count > 2, let r = coefficient(x, y) else { return nil }
    let degrees = Double(x.count - 2)
    guard abs(r) < 1 else { return (r, 0) }
    let t = r * (degrees / ((1 - r) * (1 + r))).squareRoot()
    return StudentT.twoSided(t, degreesOfFreedom: degrees).map { (r, $0) }
  }

  /// Spearman's: Pearson's of the ranks.
  public static func spearman(_ x: [Double], _ y: [Double]) -> (r: Double, p: Double)? {
    pearson(Sample(x).ranks, Sample(y).ranks)
  }
}
