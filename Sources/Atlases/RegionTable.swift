public import PellucidFaults
public import PellucidVolumes

/// How voxels belong to regions.
public enum RegionWeights: String, Hashable, Sendable, CaseIterable {
  /// Each to the region of its label, wholly.
  case labels
  /// Each to every region by the region's probability there.
  case probability
}

/// What a relevance volume says of every region of an atlas.
public struct RegionTable: Sendable {
  /// A row: a region, or everything outside of the regions.
  public struct Row: Sendable {
    /// The region; nil: all voxels without a label.
    public var region: Region?
    /// Voxels of the relevance grid that carry its label.
    public var voxels: Int
    /// Their volume, mm³.
    public var volume: Double
    /// The part of the region, counted over the atlas's own voxels, that lies in the model's field of view, 0…1; nil where the atlas has
    /// no voxel of it, and for the outside.
    public var coverage: Double?
    /// The numbers of its voxels; nil where it has none.
    public var values: RegionValues?
    /// Place by Σ|R| among the regions with voxels, 1 the largest, ties by label; nil without voxels and for the outside.
    public var rankByAbsoluteSum: Int?
    /// Place by |mean|, likewise.
    public var rankByMean: Int?
    /// What the score loses without the region (region-occlusion); nil: not asked or not known.
    public var scoreDrop: Double?
    /// How many standard deviations it lies from a reference group; nil: not compared.
    public var normZ: Double?
    /// How many of a hundred references have less; nil: not compared.
    public var normPercentile: Double?
  }

  /// A row a region, by label, and last the outside.
  public private(set) var rows: [Row]
  /// Σ|R| over the whole volume.
  public let absoluteSum: Double
  /// Name of the atlas.
  public let atlasName: String
  /// Whether the table has score drops.
  public let hasScoreDrops: Bool
  /// The atlas's notes.
  public let notes: [Note]

  /// Measures a relevance volume over the regions of an atlas.
  ///
  /// Every voxel of the volume takes the label that is nearest in the world. Sums run in double precision; several channels are added up
  /// first. Standard deviations are the population's (numpy's default), the 95th percentile is numpy's linear one.
  ///
  /// - Parameters:
  ///   - relevance: the volume, on any grid.
  ///   - atlas: the atlas, on any grid.
  ///   - weights: whether a voxel belongs to one region, or to each by its probability.
  ///   - fieldOfView: what the network sees, for the coverage; nil: the volume's own grid.
  ///   - scoreDrops: label → drop of the score, for region-occlusion.
  /// - Throws: `.badData` where a voxel is not finite, or no voxel of the volume gets a label.
  /// - Accuracy: 1e-9 (relative) of numpy's in float64, `Tests/References/atlases.json`.
  /// - Complexity: a few passes over the voxels; 12 bytes a voxel.
  public init(
    of relevance: Volume, atlas: Atlas, weights: RegionWeights = .labels, fieldOfView: FieldOfView? = nil,
    scoreDrops: [Int32: Double]? = nil
  ) throws(PellucidError) {
    try self.init(
      of: relevance, atlas: atlas, weights: weights, fieldOfView: fieldOfView, scoreDrops: scoreDrops
    ) { (shape, affine) throws(PellucidError) in try atlas.labels(on: shape, affine: affine) }
  }

  /// The same with the labels from whoever knows them already.
  init(
    of relevance: Volume, atlas: Atlas, weights: RegionWeights, fieldOfView: FieldOfView?, scoreDrops: [Int32: Double]?,
    labels: (GridShape, Affine) throws(PellucidError) -> [Int32]
  ) throws(PellucidError) {
    let summed = try relevance.channelSum()
    let field = fieldOfView ?? FieldOfView(shape: relevance.shape, affine: relevance.affine)
    if weights == .probability {
      try self.init(weighted: summed, on: relevance, atlas, field, scoreDrops)
      return
    }
    let labels = try labels(relevance.shape, relevance.affine)
    let counted = atlas.bentImage ?? atlas.image
    let seen = field.voxelsInside(of: counted)

    // Slot 0 is the outside, slot r + 1 the region r.
    var slotOfLabel = [Int32](repeating: 0, count: Int(atlas.image.largestLabel) + 1)
    for (r, region) in atlas.regions.enumerated() where Int(region.index) < slotOfLabel.count {
      slotOfLabel[Int(region.index)] = Int32(r + 1)
    }
    let groups = VoxelGroups(values: summed, labels: labels, slotOfLabel: slotOfLabel, slots: atlas.regions.count + 1)
    let total = (0...atlas.regions.count).reduce(0.0) { $0 + groups.absoluteSum(of: $1) }

    let voxelVolume = abs(relevance.affine.determinant)
    let atlasVoxels = Dictionary(uniqueKeysWithValues: counted.voxelCounts.map { ($0.label, $0.voxels) })
    func row(_ slot: Int) -> Row {
      let region = slot == 0 ? nil : atlas.regions[slot - 1]
      let count = groups.count(of: slot)
      let values = count == 0 ? nil : groups.values(of: slot, total: total, on: relevance)
      let coverage = region.flatMap { region in
        atlasVoxels[region.index].map { seen.map { Double($0[Int(region.index)]) } ?? Double($0) }.map { inside in
          inside / Double(atlasVoxels[region.index] ?? 1)
        }
      }
      return Row(
        region: region, voxels: count, volume: Double(count) * voxelVolume, coverage: coverage, values: values,
        scoreDrop: region.flatMap { scoreDrops?[$0.index] })
    }
    self.init(
      regions: (1..<(atlas.regions.count + 1)).map(row), outside: row(0), absoluteSum: total, atlas: atlas,
      hasScoreDrops: scoreDrops != nil)
  }

  /// The table of measured rows, ranked.
  init(regions: [Row], outside: Row, absoluteSum: Double, atlas: Atlas, hasScoreDrops: Bool) {
    var rows = regions
    Self.rank(&rows, by: { $0.absoluteSum }, into: \.rankByAbsoluteSum)
    Self.rank(&rows, by: { abs($0.mean) }, into: \.rankByMean)
    rows.append(outside)
    self.rows = rows
    self.absoluteSum = absoluteSum
    self.atlasName = atlas.name
    self.hasScoreDrops = hasScoreDrops
    self.notes = atlas.notes
  }

  /// The same with what a reference group says of each region.
  package func comparing(_ norm: (Row) -> (z: Double?, percentile: Double)?) -> RegionTable {
    var copy = self
    for place in rows.indices {
      guard let found = norm(rows[place]) else { continue }
      (copy.rows[place].normZ, copy.rows[place].normPercentile) = (found.z, found.percentile)
    }
    return copy
  }

  /// The regions with the largest Σ|R|, largest first.
  public func mostRelevant(_ count: Int) -> [Row] {
    let ranked = rows.filter { $0.rankByAbsoluteSum != nil }.sorted {
      ($0.rankByAbsoluteSum ?? 0) < ($1.rankByAbsoluteSum ?? 0)
    }
    return Array(ranked.prefix(count))
  }

  private static func rank(
    _ rows: inout [Row], by size: (RegionValues) -> Double, into place: WritableKeyPath<Row, Int?>
  ) {
    let sized = rows.indices.compactMap { index in rows[index].values.map { (index: index, size: size($0)) } }
    // Rows stand in label order, so equal sizes keep it.
    for (rank, entry) in sized.sorted(by: { ($1.size, $0.index) < ($0.size, $1.index) }).enumerated() {
      rows[entry.index][keyPath: place] = rank + 1
    }
  }
}

/// The numbers of a region's voxels.
public struct RegionValues: Hashable, Sendable {
  /// ΣR.
  public var sum: Double
  /// ΣR / voxels: the size-corrected relevance (Böhle and others 2019).
  public var mean: Double
  /// Population standard deviation of R.
  public var standardDeviation: Double
  /// Σ|R|.
  public var absoluteSum: Double
  /// The region's part of Σ|R| over the whole volume; nil where that is 0.
  public var absoluteShare: Double?
  /// Sum of the values above 0.
  public var positiveSum: Double
  /// Sum of the values below 0.
  public var negativeSum: Double
  /// The smallest value.
  public var minimum: Double
  /// The largest value.
  public var maximum: Double
  /// 95th percentile of R, linear between the two nearest values.
  public var percentile95: Double
  /// The value where |R| is largest; the first in memory of several.
  public var peak: Double
  /// Where that is, on the relevance grid.
  public var peakVoxel: VoxelIndex
  /// Where that is in the world, mm, RAS+.
  public var peakPoint: WorldPoint
}
