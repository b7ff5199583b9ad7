public import PellucidFaults
public import PellucidVolumes

/// A transform as the user names it: `FILE`, `inverse:FILE`, and for a FLIRT matrix `FILE:IN:REF`.
public struct TransformReference: Hashable, Sendable {
  /// What the user wrote.
  public let text: String
  /// The file.
  public let file: String
  /// Whether it is applied backwards.
  public let isInverse: Bool
  /// FLIRT: the image that was moved (`-in`).
  public let source: String?
  /// FLIRT: the image that it was moved to (`-ref`).
  public let target: String?

  /// Reads the words of one transform.
  /// - Throws: `.usage` for words of another form.
  public init(_ text: String) throws(PellucidError) {
    self.text = text
    if text.hasPrefix("[") || text.hasSuffix("]") { throw .brackets(text) }
    var rest = text[...]
    isInverse = rest.hasPrefix("inverse:")
    if isInverse { rest = rest.dropFirst("inverse:".count) }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard [1, 3].contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { throw .reference(text) }
    file = parts[0]
    source = parts.count == 3 ? parts[1] : nil
    target = parts.count == 3 ? parts[2] : nil
  }

  /// The transforms of a list separated by commas.
  public static func list(_ text: String) throws(PellucidError) -> [TransformReference] {
    if text.contains("[") { throw .brackets(text) }
    var out: [TransformReference] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      out.append(try TransformReference(String(part)))
    }
    return out
  }
}

/// A grid's extents and its place in the world.
public struct Grid: Hashable, Sendable {
  /// Extents.
  public var shape: GridShape
  /// Voxel indices → world, mm, RAS+.
  public var affine: Affine

  /// A grid.
  public init(shape: GridShape, affine: Affine) {
    self.shape = shape
    self.affine = affine
  }
}
