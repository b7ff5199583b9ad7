public import PellucidFaults
public import PellucidTensors

/// Reads the files that options name: the methods themselves never see a file.
///
/// ## Topics
///
/// - ``composite(_:)``
/// - ``template(_:)``
/// - ``input(of:placed:)``
/// - ``scans(inFolder:)``
public protocol OptionFiles: Sendable {
  /// The composite that a file describes.
  /// - Throws: `.badData` where it cannot be read or describes none.
  func composite(_ path: String) throws(PellucidError) -> CompositeRecipe
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

extension OptionValues {
  /// Whether a text that is neither a number nor a known word can be meant as a file: a misspelt word has no slash and no dot.
  static func looksLikeFile(_ text: String) -> Bool { text.contains("/") || text.contains(".") }
}
