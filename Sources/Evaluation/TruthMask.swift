public import PellucidFaults
public import PellucidVolumes

/// The voxels of a scan in which something was truly changed.
public struct TruthMask: Sendable {
  /// Extents of the scan's grid.
  public let shape: GridShape
  /// Whether each voxel was changed, i fastest.
  public let isChanged: [Bool]
  /// How many were.
  public let count: Int

  /// A mask on a grid.
  /// - Precondition: a value a voxel.
  public init(_ isChanged: [Bool], shape: GridShape) {
    precondition(isChanged.count == shape.count, "a mask has a value a voxel")
    self.shape = shape
    self.isChanged = isChanged
    count = isChanged.count { $0 }
  }

  /// The mask that an image draws: a voxel was changed where the image's nearest voxel, in the world, is above 0.5.
  ///
  /// - Parameters:
  ///   - image: 1 or more where something was changed, else 0; on any grid.
  ///   - shape: the scan's grid.
  ///   - affine: the scan's voxel indices → world, mm, RAS+.
  /// - Throws: `.badData` where the image has several volumes or marks nothing, or no voxel or every voxel of the scan.
  public init(_ image: Volume, on shape: GridShape, affine: Affine) throws(PellucidError) {
    guard image.channels == 1 else { throw .truthVolumes(image.source, count: image.channels) }
    guard image.voxels.contains(where: { $0 > 0.5 }) else { throw .emptyTruth(image.source) }
    let onGrid = image.resampled(onto: shape, affine: affine, interpolation: .nearest)
    self.init(onGrid.voxels.map { $0 > 0.5 }, shape: shape)
    if count == 0 { throw .truthElsewhere(image.source) }
    if count == shape.count { throw .truthEverywhere(image.source) }
  }

  /// The changed part of the grid, 0…1.
  public var share: Double { Double(count) / Double(shape.count) }
}
