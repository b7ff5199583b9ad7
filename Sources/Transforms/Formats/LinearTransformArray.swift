internal import PellucidFaults
internal import PellucidVolumes

/// FreeSurfer's LTA: a matrix from a source (moving) image to a destination (fixed) image, in voxels or in world mm.
struct LinearTransformArray {
  private let type: Int
  private let matrix: Affine
  private let source, destination: Affine?

  /// Which of the file's kinds it is.
  var kind: String { type == 0 ? "voxels to voxels" : "world to world" }

  init(_ text: String, _ path: String) throws(PellucidError) {
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    var type: Int?
    var rows: [[Double]] = []
    var sections: [String: [String: [Double]]] = [:]
    var section = ""
    for words in lines where !words.isEmpty {
      if words.count == 4, case let row = words.compactMap({ Double($0) }), row.count == 4, rows.count < 4 {
        rows.append(row)
      } else if words.starts(with: ["src", "volume", "info"]) || words.starts(with: ["dst", "volume", "info"]) {
        section = words[0]
      } else if words.count > 2, words[1] == "=" {
        let numbers = words[2...].compactMap { Double($0) }
        if words[0] == "type" { type = numbers.first.flatMap { Int(exactly: $0) } }
        sections[section, default: [:]][words[0]] = numbers
      }
    }
    guard let type, rows.count == 4 else {
      throw .unknownTransform(path, why: "it is a FreeSurfer LTA without type or matrix")
    }
    guard type == 0 || type == 1 else { throw .ltaType(path, type: type) }
    self.type = type
    matrix = Affine(elements: Array(rows.joined().prefix(12)))
    guard matrix.elements.allSatisfy(\.isFinite) else {
      throw .unknownTransform(path, why: "it is a FreeSurfer LTA whose matrix is NaN or infinite")
    }
    source = Self.geometry(sections["src"] ?? [:])
    destination = Self.geometry(sections["dst"] ?? [:])
  }

  /// The map from the source's points to the destination's, mm, RAS+.
  func worldAffine(_ path: String) throws(PellucidError) -> Affine {
    guard type == 0 else { return matrix }
    guard let source, let destination, let back = source.inverse else { throw .ltaGeometry(path) }
    return destination.composed(with: matrix.composed(with: back))
  }

  /// Voxel indices → world of a volume's info: its axes' directions times voxel sizes, its centre at `cras`.
  private static func geometry(_ info: [String: [Double]]) -> Affine? {
    guard info["valid"]?.first == 1, let extents = info["volume"], let sizes = info["voxelsize"],
      let axes = Optional(["xras", "yras", "zras"].compactMap { info[$0] }), axes.count == 3, let centre = info["cras"],
      ([extents, sizes, centre] + axes).allSatisfy({ $0.count == 3 })
    else { return nil }
    var out = Affine.identity
    for row in 0..<3 {
      out[row, 3] = centre[row]
      for column in 0..<3 {
        out[row, column] = axes[column][row] * sizes[column]
        out[row, 3] -= out[row, column] * extents[column] / 2
      }
    }
    return out
  }
}
