public import PellucidFaults
public import PellucidTransforms
public import PellucidVolumes
internal import Synchronization

/// An atlas where a scan lies, with its labels on the grids that were asked for: each grid is labelled once.
public final class PlacedAtlas: Sendable {
  /// The atlas, brought to the scan.
  public let atlas: Atlas
  private let known = Mutex<[(grid: Grid, labels: [Int32])]>([])

  /// An atlas that lies where the scan does.
  public init(_ atlas: Atlas) { self.atlas = atlas }

  /// An atlas brought to a scan by transforms.
  /// - Parameter transforms: in the order in which they take the scan's points; none: it is there.
  /// - Throws: `.badData` where they cannot be inverted, or a bent atlas lies nowhere on the scan.
  public convenience init(_ atlas: Atlas, by transforms: [TransformFile], onto scan: Grid) throws(PellucidError) {
    self.init(try atlas.placed(by: transforms, onto: scan))
  }

  /// The label of the nearest voxel, in the world, for every voxel of a grid; see ``Atlas/labels(on:affine:)``.
  public func labels(on shape: GridShape, affine: Affine) throws(PellucidError) -> [Int32] {
    let grid = Grid(shape: shape, affine: affine)
    if let found = known.withLock({ all in all.first { $0.grid == grid }?.labels }) { return found }
    let labels = try atlas.labels(on: shape, affine: affine)
    // A scan has two grids, its own and the model's.
    known.withLock { all in all = all.suffix(1) + [(grid, labels)] }
    return labels
  }

  /// Measures a volume over the regions; see ``RegionTable``.
  public func table(
    of relevance: Volume, weights: RegionWeights = .labels, fieldOfView: FieldOfView? = nil,
    scoreDrops: [Int32: Double]? = nil
  ) throws(PellucidError) -> RegionTable {
    try RegionTable(
      of: relevance, atlas: atlas, weights: weights, fieldOfView: fieldOfView, scoreDrops: scoreDrops
    ) { (shape, affine) throws(PellucidError) in try self.labels(on: shape, affine: affine) }
  }
}

extension Atlas {
  /// The atlas brought to a scan by transforms as their programs wrote them.
  public func placed(by transforms: [TransformFile], onto scan: Grid) throws(PellucidError) -> Atlas {
    guard !transforms.isEmpty else { return self }
    return try placed(
      by: SpatialTransform(transforms, scan: scan, atlas: Grid(shape: image.shape, affine: image.affine)))
  }
}
