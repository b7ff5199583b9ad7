public import PellucidAtlases
public import PellucidVolumes

/// How well a map finds what was truly changed.
public struct TruthScores: Sendable, Hashable {
  /// ``RelevanceMass``; nil for a map of zeros.
  public let mass: Double?
  /// ``RelevanceRank``.
  public let rank: Double?
  /// ``AreaUnderCurve``.
  public let area: Double?
  /// ``RegionRank``; nil without a table or without changed regions.
  public let region: RegionRank?

  /// Scores |R| of a map over all voxels of its grid.
  ///
  /// - Parameters:
  ///   - relevance: the map, on the mask's grid; several channels are added up first.
  ///   - table: its region table.
  ///   - changed: labels of the changed regions.
  public init(_ relevance: Volume, truth: TruthMask, table: RegionTable? = nil, changed: Set<Int32> = []) {
    precondition(relevance.shape == truth.shape, "map and mask share a grid")
    var values = relevance.voxels
    if relevance.channels > 1 {
      values = Array(relevance.voxels[..<relevance.shape.count])
      for channel in 1..<relevance.channels {
        let start = channel * relevance.shape.count
        for voxel in values.indices { values[voxel] += relevance.voxels[start + voxel] }
      }
    }
    let ranking = Ranking(values, in: truth)
    mass = RelevanceMass.accuracy(of: values, in: truth)
    rank = RelevanceRank.accuracy(of: ranking)
    area = AreaUnderCurve.value(of: ranking)
    region = table.flatMap { changed.isEmpty ? nil : RegionRank($0, changed: changed) }
  }

  /// What is measured: names and values in the order of tables.
  public var values: [(metric: Metric, value: Double?)] {
    Metric.allCases.map { ($0, self[$0]) }
  }

  /// One of the numbers.
  public subscript(metric: Metric) -> Double? {
    switch metric {
    case .mass: mass
    case .rank: rank
    case .area: area
    case .regionPlace: region?.meanPlace
    case .regionTop: region?.top
    case .regionArea: region?.area
    }
  }

  /// The numbers that a map gets, as tables name them.
  public enum Metric: String, Sendable, CaseIterable {
    /// Relevance mass accuracy.
    case mass = "relevance_mass"
    /// Relevance rank accuracy.
    case rank = "relevance_rank"
    /// Area under the curve.
    case area = "auc"
    /// Mean place of the changed regions.
    case regionPlace = "region_place"
    /// Changed part of the first regions.
    case regionTop = "region_top"
    /// Area under the curve over regions.
    case regionArea = "region_auc"
  }
}
