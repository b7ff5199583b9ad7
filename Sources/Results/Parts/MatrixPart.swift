internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidTables

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
    let columns = names.enumerated().map { place, name in Table.Column.number(name, values.map { $0[place] }) }
    try AtomicFile.write(Table([.text("name", names)] + columns).tsv, to: path)
  }
}

extension Explanation {
  /// The names of a matrix's regions.
  func names(of matrix: RegionMatrix) -> [String] {
    matrix.labels.map { regionNames[$0] ?? "\($0)" }
  }
}
