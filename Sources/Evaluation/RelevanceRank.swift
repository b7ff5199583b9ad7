/// Relevance rank accuracy: of the k things with the most relevance, the part that was changed, k being the number of changed things.
///
/// - Source: Arras, Osman & Samek 2022, Information Fusion 81:14–40, doi:10.1016/j.inffus.2021.11.008. Where the k-th place falls into
///   a tie, the expected value over all orders of the tie is taken, so that a map of zeros gets the changed part of the grid.
public enum RelevanceRank {
  /// The accuracy, 0…1; nil where nothing was changed.
  public static func accuracy(of ranking: Ranking) -> Double? {
    ranking.wanted > 0 ? ranking.wantedAmong(first: ranking.wanted) / Double(ranking.wanted) : nil
  }
}

extension TruthMetric {
  /// Relevance rank accuracy.
  public static let relevanceRank = TruthMetric(
    "relevance_rank", caption: "rank",
    "the changed part of the k voxels of largest |R|, k being the number of changed voxels"
  ) { RelevanceRank.accuracy(of: $0.ranking) }
}
