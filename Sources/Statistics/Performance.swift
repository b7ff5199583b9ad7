/// How well numbers tell two classes apart.
public enum Performance {
  /// The area under the receiver operating characteristic with its interval of 95 %, ties counted half.
  ///
  /// Source: DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595, by ranks as Sun and Xu 2014, doi:10.1109/LSP.2014.2337313.
  /// - Returns: nil where a class is empty; without an interval where one has a single member.
  public static func auc(
    positives: [Double], negatives: [Double]
  ) -> (area: Double, low: Double?, high: Double?)? {
    let (m, n) = (positives.count, negatives.count)
    guard m > 0, n > 0 else { return nil }
    let all = Sample(positives + negatives).ranks
    let (own, others) = (Sample(positives).ranks, Sample(negatives).ranks)
    // How often each positive is above a negative, and each negative below a positive.
    let above = (0..<m).map { (all[$0] - own[$0]) / Double(n) }
    let below = (0..<n).map { 1 - (all[m + $0] - others[$0]) / Double(m) }
    let area = above.reduce(0, +) / Double(m)
    guard let first = Sample(above).variance, let second = Sample(below).variance else { return (area, nil, nil) }
    let half = Normal.critical95 * (first / Double(m) + second / Double(n)).squareRoot()
    return (area, max(0, area - half), min(1, area + half))
  }

  /// The mean of sensitivity and specificity, with its interval of 95 % by their binomial variances.
  /// - Returns: nil where a class is empty.
  public static func balancedAccuracy(
    truePositives: Int, positives: Int, trueNegatives: Int, negatives: Int
  ) -> (value: Double, low: Double, high: Double)? {
    guard positives > 0, negatives > 0 else { return nil }
    let sensitivity = Double(truePositives) / Double(positives)
    let specificity = Double(trueNegatives) / Double(negatives)
    let variance =
      (sensitivity * (1 - sensitivity) / Double(positives) + specificity * (1 - specificity) / Double(negatives)) / 4
    let value = (sensitivity + specificity) / 2
    let half = Normal.critical95 * variance.squareRoot()
    return (value, max(0, value - half), min(1, value + half))
  }
}
