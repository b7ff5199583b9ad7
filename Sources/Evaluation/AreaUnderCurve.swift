/// Area under the receiver operating characteristic of |R| as a detector of what was changed.
///
///     AUC = P(|R_changed| > |R_unchanged|) + ½ P(|R_changed| = |R_unchanged|)
///
/// 0.5 for a map that knows nothing. Most voxels of a scan are empty, so that a map which merely tells the head from the air gets far
/// more: compare with the AUC of a map that is even over the head.
/// - Source: the area equals the Mann–Whitney statistic, Hanley & McNeil 1982, Radiology 143:29–36, doi:10.1148/radiology.143.1.7063747.
/// - Accuracy: pairs are counted in whole numbers; 1e-12 of scikit-learn's `roc_auc_score`.
public enum AreaUnderCurve {
  /// The area, 0…1; nil where all things or none were changed.
  public static func value(of ranking: Ranking) -> Double? {
    let pairs = Double(ranking.wanted) * Double(ranking.count - ranking.wanted)
    return pairs > 0 ? ranking.orderedPairs / pairs : nil
  }
}

extension TruthMetric {
  /// Area under the curve.
  public static let areaUnderCurve = TruthMetric(
    "auc", caption: "AUC", "how often a changed voxel has the larger |R| of two"
  ) { AreaUnderCurve.value(of: $0.ranking) }
}
