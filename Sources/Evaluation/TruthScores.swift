public import PellucidAtlases
public import PellucidVolumes

/// How well a map finds what was truly changed.
public struct TruthScores: Sendable, Hashable {
  /// ``RegionRank``; nil without a table or without changed regions.
  public let region: RegionRank?
  private let numbers: [TruthMetric: Double]

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
    region = table.flatMap { changed.isEmpty ? nil : RegionRank($0, changed: changed) }
    let evidence = TruthEvidence(
      relevance: values, truth: truth, ranking: Ranking(values, in: truth), region: region)
    numbers = Dictionary(
      uniqueKeysWithValues: TruthMetric.all.compactMap { metric in metric.value(evidence).map { (metric, $0) } })
  }

  /// One of the numbers; nil where it is not defined, as relevance mass of a map of zeros.
  public subscript(metric: TruthMetric) -> Double? { numbers[metric] }
}
