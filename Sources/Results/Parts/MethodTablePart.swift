internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFiles

/// A table that the method made beside its map, under the name that it gave it.
struct MethodTablePart: ResultPart {
  private let table: MethodTable
  var role: String { table.name }
  var ending: String { "_\(table.name).tsv" }

  static func parts(of result: DrawnResult) -> [MethodTablePart] {
    result.explanation.relevance.tables.map { MethodTablePart(table: $0) }
  }

  func write(to path: String) throws(PellucidError) {
    try AtomicFile.write(table.tsv, to: path)
  }
}
