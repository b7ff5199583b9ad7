public import PellucidAtlases

/// Where the truly changed regions stand among all regions of an atlas.
///
/// Regions are ordered by their mean |R| (Σ|R| by the number of voxels), so that large ones have no advantage and signs do not cancel.
/// Regions without a voxel in the scan are left out.
public struct RegionRank: Sendable, Hashable {
  /// A changed region's place.
  public struct Place: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its place by mean |R|, 1 being the first; regions of the same mean share the middle of their places.
    public var place: Double

    /// A region's place.
    public init(name: String, place: Double) {
      self.name = name
      self.place = place
    }
  }

  /// The changed regions' places, best first.
  public let places: [Place]
  /// How many regions were ordered.
  public let regions: Int
  /// The mean place of the m changed regions; (m + 1) / 2 is the best, (regions + 1) / 2 what chance gives.
  public let meanPlace: Double
  /// The part of the first m regions that was changed (``RelevanceRank``).
  public let top: Double
  /// How often a changed region stands before one that was not (``AreaUnderCurve``).
  public let area: Double

  /// Ranks the changed regions of a table; nil where none of them, or nothing else, has a voxel in the scan.
  public init?(_ table: RegionTable, changed: Set<Int32>) {
    let rows = table.rows.compactMap { row -> (region: Region, size: Double)? in
      guard let region = row.region, let values = row.values else { return nil }
      return (region, values.absoluteSum / Double(row.voxels))
    }
    let ranking = Ranking(rows.map { ($0.size, changed.contains($0.region.index)) })
    guard let top = RelevanceRank.accuracy(of: ranking), let area = AreaUnderCurve.value(of: ranking) else {
      return nil
    }
    regions = rows.count
    self.top = top
    self.area = area
    meanPlace = ranking.sumOfPlaces / Double(ranking.wanted)
    places = rows.filter { changed.contains($0.region.index) }.map { row in
      let above = rows.count { $0.size > row.size }
      let same = rows.count { $0.size == row.size }
      return Place(name: row.region.name, place: Double(above) + Double(same + 1) / 2)
    }.sorted { ($0.place, $0.name) < ($1.place, $1.name) }
  }
}

extension TruthMetric {
  /// Mean place of the changed regions.
  public static let regionPlace = TruthMetric(
    "region_place", caption: nil, "mean place of the changed regions by mean |R|"
  ) { $0.region?.meanPlace }

  /// Changed part of the first regions.
  public static let regionTop = TruthMetric(
    "region_top", caption: "regions, top",
    "the changed part of the m first regions, m being the number of changed ones"
  ) { $0.region?.top }

  /// Area under the curve over regions.
  public static let regionArea = TruthMetric("region_auc", caption: "regions, AUC", "auc over regions") {
    $0.region?.area
  }
}
