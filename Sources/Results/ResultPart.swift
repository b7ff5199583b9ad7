public import PellucidFaults

/// One file of a result.
///
/// A new kind is a file in `Parts` and a line in ``ResultParts/all``.
public protocol ResultPart: Sendable {
  /// The key under which the record lists it.
  var role: String { get }
  /// What its name adds to the result's, such as `_regions.tsv`.
  var ending: String { get }

  /// The parts of this kind that an explanation has; mostly one or none.
  static func parts(of result: DrawnResult) throws(PellucidError) -> [Self]

  /// Writes the file.
  /// - Parameter path: where; it ends like the part's name.
  func write(to path: String) throws(PellucidError)
}

/// The kinds of parts, in the order in which the record lists them.
public enum ResultParts {
  /// One line a kind.
  public static let all: [any ResultPart.Type] = [
    VolumePart.self, InputVolumePart.self, PicturePart.self, RegionTablePart.self, NormsPicturePart.self,
    MatrixPart.self, MatrixPicturePart.self, MethodTablePart.self,
  ]

  /// All parts of an explanation.
  static func parts(of result: DrawnResult) throws(PellucidError) -> [any ResultPart] {
    var parts: [any ResultPart] = []
    for kind in all { parts += try kind.parts(of: result) }
    return parts
  }
}
