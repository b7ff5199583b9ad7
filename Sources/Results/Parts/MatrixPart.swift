internal import Attribution
internal import Faults
internal import Files
internal import Reports

/// A value for each pair of regions, under their names.
struct MatrixPart: ResultPart {
  let role = "matrix"
  let ending = "_matrix.tsv"
  private let names: [String]
  private let values: [[Double]]

  static func parts(of result: DrawnResult) -> [MatrixPart] {
    guard let matrix = result.explanation.relevance.matrix else { return [] }
    return [MatrixPart(names: result.explanation.names(of: matrix), values: matrix.values)]
  }

  func write(to path: String) throws(PellucidError) {
    var text = (["name"] + names).joined(separator: "\t") + "\n"
    for (name, row) in zip(names, values) {
      text += ([name] + row.map { NumberText.significant($0) }).joined(separator: "\t") + "\n"
    }
    try AtomicFile.write(text, to: path)
  }
}

extension Explanation {
  /// The names of a matrix's regions.
  func names(of matrix: RegionMatrix) -> [String] {
    matrix.labels.map { label in
      String((regionNames[label] ?? "\(label)").map { $0.isWhitespace ? " " : $0 })
    }
  }
}
