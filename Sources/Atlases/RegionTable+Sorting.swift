public import PellucidFaults
internal import PellucidTables

extension RegionTable {
  /// Checks that there is a column of a name.
  /// - Throws: `.usage` with the near misses.
  public static func checkColumn(_ name: String) throws(PellucidError) {
    let known = columns + ["score_drop"]
    guard known.contains(name) else {
      throw PellucidError(
        .usage, what: "region tables have no column \(name)",
        remedy: NearMiss.remedy(for: name, among: known, noun: "the columns are"))
    }
  }

  /// The rows by a column: names, labels and ranks ascending, all other numbers from the largest down; rows without a value last, and
  /// the outside after all of them.
  /// - Precondition: the column is one of ``columns`` or `score_drop`.
  func rows(sortedBy column: String) -> [Row] {
    guard let field = shownFields.first(where: { $0.name == column }) else { return rows }
    let isText = ["name", "hemisphere"].contains(column)
    let isAscending = isText || column == "index" || column.hasPrefix("rank_")
    let inLabelOrder = rows.filter { $0.region != nil }
    // As they are written, so that numbers that look alike keep the order of labels.
    let cells = Table(of: inLabelOrder, [field]).cells(at: 0)
    let regions = inLabelOrder.indices.map { (offset: $0, row: inLabelOrder[$0], cell: cells[$0]) }
    let sorted = regions.sorted { a, b in
      if isText { return (a.cell, a.offset) < (b.cell, b.offset) }
      let (x, y) = (Double(a.cell), Double(b.cell))
      guard let x, let y else { return (x == nil ? 1 : 0, a.offset) < (y == nil ? 1 : 0, b.offset) }
      return isAscending ? (x, a.offset) < (y, b.offset) : (y, a.offset) < (x, b.offset)
    }
    return sorted.map(\.row) + rows.filter { $0.region == nil }
  }
}
