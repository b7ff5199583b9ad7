public import PellucidFaults
public import PellucidTensors
public import PellucidVolumes

/// A scan as a network takes it, and the way back.
public struct PreparedScan: Sendable {
  /// The network's input, `[1, C, D, H, W]`, row-major, in normalized units.
  public let input: Tensor
  /// The way back to the scan's grid.
  public let path: GridPath
  /// What was done that a reader of the results should know; the notes of the scan's own reading stay with its volume.
  public let notes: [Note]

  /// Extents of the grid on which the network looks, along its voxel axes i, j, k.
  public var modelShape: GridShape { path.modelGrid.shape }
  /// Where that grid lies in the world.
  public var modelAffine: Affine { path.modelGrid.affine }
}
