public import PellucidTables
internal import PellucidVolumes

extension RegionTable {
  /// The columns of the table, as the contract lists them; `score_drop` follows where the table has score drops.
  public static let columns = fields.map(\.name)

  private static let fields: [TableField<Row>] = [
    .whole("index") { Int($0.region?.index ?? 0) },
    .text("name") { $0.region?.name ?? "outside" },
    .text("hemisphere") { $0.region?.hemisphere.rawValue },
    .whole("voxels") { $0.voxels },
    .number("volume_mm3") { $0.volume },
    .number("coverage") { $0.coverage },
    .number("sum") { $0.values?.sum },
    .number("mean") { $0.values?.mean },
    .number("sd") { $0.values?.standardDeviation },
    .number("abs_sum") { $0.values?.absoluteSum },
    .number("abs_share") { $0.values?.absoluteShare },
    .number("positive_sum") { $0.values?.positiveSum },
    .number("negative_sum") { $0.values?.negativeSum },
    .number("min") { $0.values?.minimum },
    .number("max") { $0.values?.maximum },
    .number("p95") { $0.values?.percentile95 },
    .whole("rank_by_abs_sum") { $0.rankByAbsoluteSum },
    .whole("rank_by_mean") { $0.rankByMean },
    .number("peak_value") { $0.values?.peak },
    .whole("peak_i") { $0.values?.peakVoxel.i },
    .whole("peak_j") { $0.values?.peakVoxel.j },
    .whole("peak_k") { $0.values?.peakVoxel.k },
    .number("peak_x_mm") { $0.values?.peakPoint.x },
    .number("peak_y_mm") { $0.values?.peakPoint.y },
    .number("peak_z_mm") { $0.values?.peakPoint.z },
  ]

  private static let scoreDrop = TableField<Row>.number("score_drop") { $0.scoreDrop }

  /// The table as tab-separated text: a header, a line a region, a line `outside` (index 0); `n/a` for what is not defined.
  ///
  /// Numbers have nine significant digits and a decimal point in any locale.
  public var tsv: String { tsv() }

  /// The same, with the rows in another order, and with remarks above the header, each in a line that begins with `# `.
  /// - Parameter column: one of ``columns`` or `score_drop`; nil: label order.
  public func tsv(sortedBy column: String? = nil, remarks: [String] = []) -> String {
    table(sortedBy: column, remarks: remarks).tsv
  }

  /// The table as named columns.
  /// - Parameter column: the column by which its rows are ordered, one of ``columns`` or `score_drop`; nil: label order.
  public func table(sortedBy column: String? = nil, remarks: [String] = []) -> Table {
    Table(of: column.map(rows(sortedBy:)) ?? rows, shownFields, remarks: remarks)
  }

  /// The columns of this table, in their order.
  var shownFields: [TableField<Row>] {
    let isCompared = rows.contains { $0.normPercentile != nil }
    return Self.fields + (hasScoreDrops ? [Self.scoreDrop] : []) + (isCompared ? Self.norms : [])
  }

  private static let norms: [TableField<Row>] = [
    .number("norm_z") { $0.normZ }, .number("norm_percentile") { $0.normPercentile },
  ]
}
