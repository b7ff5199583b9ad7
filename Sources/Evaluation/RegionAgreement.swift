/// How far two maps agree on the regions of an atlas.
public enum RegionAgreement {
  /// The part of the k strongest regions of one that are among the k strongest of the other; ties: the first in the atlas's order.
  ///
  /// - Source: the ten strongest regions of Böhle et al. 2019, doi:10.3389/fnagi.2019.00194.
  public static func overlap(_ a: [Double], _ b: [Double], count: Int) -> Double? {
    precondition(a.count == b.count, "regions of one atlas are compared")
    let count = min(count, a.count)
    guard count > 0 else { return nil }
    func top(_ values: [Double]) -> Set<Int> {
      Set(values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count))
    }
    return Double(top(a).intersection(top(b)).count) / Double(count)
  }

  /// Intraclass correlation ICC(2,1): absolute agreement of two raters over regions.
  ///
  ///     (MSR − MSE) / (MSR + MSE + 2·(MSC − MSE)/n)      mean squares of n regions, 2 raters and what is left
  ///
  /// - Source: Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420.
  /// - Returns: nil below three regions, or where nothing varies.
  public static func intraclass(_ a: [Double], _ b: [Double]) -> Double? {
    precondition(a.count == b.count, "regions of one atlas are compared")
    guard a.count > 2 else { return nil }
    let n = Double(a.count)
    let (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / n)
    let whole = (meanA + meanB) / 2
    var (rows, total) = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      let mean = (x + y) / 2
      rows += 2 * (mean - whole) * (mean - whole)
      total += (x - whole) * (x - whole) + (y - whole) * (y - whole)
    }
    let columns = n * ((meanA - whole) * (meanA - whole) + (meanB - whole) * (meanB - whole))
    let (msr, mse) = (rows / (n - 1), max(0, total - rows - columns) / (n - 1))
    let below = msr + mse + 2 * (columns - mse) / n
    return below > 0 ? (msr - mse) / below : nil
  }
}
