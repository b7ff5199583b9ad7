internal import PellucidAtlases
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidTables

/// What the map says of every region, with what looks wrong about the scan above it.
struct RegionTablePart: ResultPart {
  let role = "regions"
  let ending = "_regions.tsv"
  private let table: RegionTable
  private let sort: String?
  private let remarks: [String]

  static func parts(of result: DrawnResult) -> [RegionTablePart] {
    guard let table = result.explanation.table else { return [] }
    let remarks = result.explanation.warnings.map { "\($0.what); \($0.how)" }
    return [RegionTablePart(table: table, sort: result.style.sort, remarks: remarks)]
  }

  func write(to path: String) throws(PellucidError) {
    try AtomicFile.write(table.tsv(sortedBy: sort, remarks: remarks), to: path)
  }
}
