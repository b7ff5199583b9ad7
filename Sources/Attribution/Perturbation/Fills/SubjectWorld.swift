public import Faults
public import Tensors

/// What only the world knows of a subject: where its voxels lie in the head, and files.
///
/// It is asked only where a fill needs it.
public protocol SubjectWorld: Sendable {
  /// Whether the scan has a value other than 0 at each voxel of the input, row-major D, H, W.
  func brain() throws(PellucidError) -> [Bool]
  /// The input mirrored across the world's mid-sagittal plane, x ↦ −x, in the input's shape; trilinear.
  func mirrored() throws(PellucidError) -> Tensor
  /// A file's image on the input's grid, its intensities matched to the input's, in the input's shape.
  /// - Throws: `.badData` where it cannot be read or does not overlap the scan.
  func template(_ path: String) throws(PellucidError) -> Tensor
  /// A file's scan as the network's input: read and prepared as the model card says.
  ///
  /// - Parameter placed: whether it is brought to where the subject lies in the world; else it stays on its own grid, as the network
  ///   would see it.
  /// - Returns: the input, and the part of the subject's voxels that it has a value for, 0 to 1.
  /// - Throws: `.badData` where it cannot be read, does not fit the model, or is to be placed and misses the subject.
  func input(of path: String, placed: Bool) throws(PellucidError) -> (image: Tensor, covered: Double)
  /// The paths of a folder's scans, sorted by name.
  /// - Throws: `.badData` where it is no folder or has none.
  func scans(inFolder path: String) throws(PellucidError) -> [String]
}
