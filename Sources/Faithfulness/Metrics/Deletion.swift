/// How fast the score falls when the most relevant features are filled first.
///
///     ∫ f(x with the first round(k·n/K) features filled) d(k/K)      trapezoids, k = 0…K
///
/// - Source: Samek et al. 2017, arXiv:1509.06321 (pixel flipping); Petsiuk et al. 2018, arXiv:1806.07421 (the area).
public enum Deletion: FillingMetric {
  /// Its name.
  public static let name = "deletion"
  /// What it asks.
  public static let summary = "area under the score while the most relevant features are filled first"
  /// Its paper.
  public static let paper = "Petsiuk et al. 2018, arXiv:1806.07421"
  /// A steep fall.
  public static let better = BetterScore.lower

  /// The order of its steps.
  public static func order(_ means: [Double]) -> [Int] { Walk.mostRelevantFirst(means) }
}
