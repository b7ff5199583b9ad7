/// Dice's coefficient of the k voxels of largest |R| and the changed voxels.
///
///     dice = 2·|top ∩ changed| / (k + |changed|)
///
/// With k = |changed| it is the relevance rank accuracy; other k say how a map does that is cut higher or lower. Where the k-th place falls into a
/// tie, the expected value over all orders of the tie is taken.
/// - Source: Dice 1945, Ecology 26:297–302, doi:10.2307/1932409.
public enum TopDice {
  /// The coefficient, 0…1; nil where nothing is looked for and `count` is 0.
  /// - Parameter count: k; nil: as many as are looked for.
  public static func value(of ranking: Ranking, count: Int? = nil) -> Double? {
    let count = min(max(0, count ?? ranking.wanted), ranking.count)
    guard count + ranking.wanted > 0 else { return nil }
    return 2 * ranking.wantedAmong(first: count) / Double(count + ranking.wanted)
  }
}

extension TruthMetric {
  /// Dice's coefficient of the strongest voxels.
  public static let dice = TruthMetric(
    "dice", caption: "Dice",
    "Dice of the k voxels of largest |R| and the changed ones; with this k it is relevance_rank"
  ) { TopDice.value(of: $0.ranking) }
}
