public import PellucidFaults
public import PellucidTensors

/// What only the world knows of a subject: where its voxels lie in the head.
///
/// It is asked only where a fill needs it.
public protocol SubjectWorld: Sendable {
  /// Whether the scan has a value other than 0 at each voxel of the input, row-major D, H, W.
  func brain() throws(PellucidError) -> [Bool]
  /// The input mirrored across the world's mid-sagittal plane, x ↦ −x, in the input's shape; trilinear.
  func mirrored() throws(PellucidError) -> Tensor
}
