internal import PellucidModelCards
internal import PellucidVolumes

/// What a network's file says of its scan input, the tensor [N, C, D, H, W].
public struct InputGeometry: Hashable, Sendable {
  /// Channels, C.
  public var channels: Int
  /// Extents of D, H, W; nil where the file leaves one open.
  public var spatial: [Int?]

  /// An input of `channels` channels.
  /// - Precondition: three spatial extents.
  public init(channels: Int, spatial: [Int?]) {
    precondition(spatial.count == 3, "a scan input has three spatial axes")
    self.channels = channels
    self.spatial = spatial
  }

  /// The extents along the voxel axes i, j, k.
  func extents(_ axes: TensorAxes) -> [Int?] {
    (0..<3).map { axis in axes.voxelAxes.firstIndex(of: axis).flatMap { spatial[$0] } }
  }
}
