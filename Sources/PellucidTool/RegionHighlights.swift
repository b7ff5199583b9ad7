import PellucidAtlases
import PellucidTables

/// The first regions of a table in words.
enum RegionHighlights {
  /// The three regions furthest from the norm, with z and percentile; nil where the table was held against none.
  static func fromNorm(_ table: RegionTable) -> [String]? {
    let compared = table.rows.compactMap { row in row.normZ.map { (row, $0) } }.filter { $0.0.region != nil }
    guard !compared.isEmpty else { return nil }
    return compared.sorted { $0.1.magnitude > $1.1.magnitude }.prefix(3).map { row, z in
      "\(row.region?.name ?? "") (z \(NumberText.significant(z, digits: 2)), percentile "
        + "\(NumberText.significant(row.normPercentile, digits: 3)))"
    }
  }

  /// The three regions with the largest |mean| (relevance by volume), in that order; for region-occlusion with the drop of the score.
  static func lines(of table: RegionTable) -> [String] {
    let ranked = table.rows.filter { $0.rankByMean != nil && ($0.values?.absoluteSum ?? 0) > 0 }
      .sorted { ($0.rankByMean ?? 0) < ($1.rankByMean ?? 0) }
    return ranked.prefix(3).map { row in
      let name = row.region?.name ?? "outside"
      if let drop = row.scoreDrop { return "\(name) (score drop \(NumberText.significant(drop, digits: 2)))" }
      let share = FixedPoint.text(100 * (row.values?.absoluteShare ?? 0), digits: 1)
      return "\(name) (mean \(NumberText.significant(row.values?.mean, digits: 2)), \(share) % of |R|)"
    }
  }
}
