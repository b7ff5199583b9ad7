public import Atlases
internal import Volumes

extension RegionTable {
  /// The columns of the table, as the contract lists them; `score_drop` follows where the table has score drops.
  public static let columns = [
    "index", "name", "hemisphere", "voxels", "volume_mm3", "coverage", "sum", "mean", "sd", "abs_sum", "abs_share",
    "positive_sum",
    "negative_sum", "min", "max", "p95", "rank_by_abs_sum", "rank_by_mean", "peak_value", "peak_i", "peak_j", "peak_k",
    "peak_x_mm",
    "peak_y_mm", "peak_z_mm",
  ]

  /// The table as tab-separated text: a header, a line a region, a line `outside` (index 0); `n/a` for what is not defined.
  ///
  /// Numbers have nine significant digits and a decimal point in any locale.
  public var tsv: String { tsv() }

  /// The same, with the rows in another order, and with remarks above the header, each in a line that begins with `# `.
  /// - Parameter column: one of ``columns`` or `score_drop`; nil: label order.
  public func tsv(sortedBy column: String? = nil, remarks: [String] = []) -> String {
    let header = Self.columns + (hasScoreDrops ? ["score_drop"] : [])
    let ordered = column.map(rows(sortedBy:)) ?? rows
    let lines = [header] + ordered.map(cells(of:))
    return remarks.map { "# " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n" }.joined()
      + lines.map { $0.joined(separator: "\t") + "\n" }.joined()
  }

  /// A row's cells as text.
  func cells(of row: Row) -> [String] {
    row.cells + (hasScoreDrops ? [NumberText.significant(row.scoreDrop)] : [])
  }
}

extension RegionTable.Row {
  fileprivate var cells: [String] {
    func whole(_ value: Int?) -> String { value.map { "\($0)" } ?? "n/a" }
    let number = { (value: Double?) in NumberText.significant(value) }
    let name = (region?.name ?? "outside").map { $0.isWhitespace ? " " : $0 }
    let v = values
    return [
      "\(region?.index ?? 0)", String(name), region?.hemisphere.rawValue ?? "n/a", whole(voxels), number(volume),
      number(coverage),
      number(v?.sum), number(v?.mean), number(v?.standardDeviation), number(v?.absoluteSum), number(v?.absoluteShare),
      number(v?.positiveSum), number(v?.negativeSum), number(v?.minimum), number(v?.maximum), number(v?.percentile95),
      whole(rankByAbsoluteSum), whole(rankByMean), number(v?.peak), whole(v?.peakVoxel.i), whole(v?.peakVoxel.j),
      whole(v?.peakVoxel.k), number(v?.peakPoint.x), number(v?.peakPoint.y), number(v?.peakPoint.z),
    ]
  }
}
