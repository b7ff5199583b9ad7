/// How long the score stays when the least relevant features are filled first: deletion's curve from the other end.
///
/// - Source: Tomsett et al. 2020, arXiv:1912.01451; Blücher et al. 2024, arXiv:2401.06654.
public enum LeastRelevantFirst: FillingMetric {
  /// Its name.
  public static let name = "lerf"
  /// What it asks.
  public static let summary = "area under the score while the least relevant features are filled first"
  /// Its paper.
  public static let paper = "Blücher et al. 2024, arXiv:2401.06654"
  /// A score that stays.
  public static let better = BetterScore.higher

  /// The order of its steps.
  public static func order(_ means: [Double]) -> [Int] { Walk.leastRelevantFirst(means) }
}
