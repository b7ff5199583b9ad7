/// How much work and memory a model file may ask for.
///
/// A few kilobytes can describe functions that call each other 2⁴⁰ times or constants that double at every step. What comes of a file is
/// bounded by the file's own size, far above what exporters write.
enum ModelLimits {
  /// Functions and branches of If that lie in each other; all that walks them does so by recursion.
  static let deepestNesting = 64

  /// Nodes, and calls of functions, that a file with so many nodes (those of its functions included) may become.
  static func nodes(inFileOf nodes: Int) -> Int { 100_000 + 20 * nodes }

  /// Bytes that the names of nodes and tensors inside functions may take once they are told apart.
  static let mostNameBytes = 256 << 20

  /// Memory of a value while it is read.
  static let bytesPerValue = 8

  /// Bytes that the values of all constants may take, for a file of so many bytes.
  static func values(inFileOf bytes: Int) -> Int { (256 << 20) + 16 * bytes }

  /// The same in words.
  static let valuesRule = "256 MiB and 16 times the file"
}
