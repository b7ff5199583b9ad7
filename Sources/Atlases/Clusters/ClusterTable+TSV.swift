public import PellucidTables
internal import PellucidVolumes

extension ClusterTable {
  /// The columns of the table; `peak_region` and `regions` only where there was an atlas.
  public static let columns = (fields + regionFields).map(\.name)

  /// The table as tab-separated text: a header, a line a cluster (`1`, `2`…), each followed by its further peaks (`1a`, `1b`…), whose
  /// other cells are `n/a`.
  ///
  /// `regions` lists the regions that hold 5 % of a cluster's voxels or more as `62.5% Hippocampus_L; 20.0% outside`, largest first.
  public var tsv: String { table.tsv }

  /// The table as named columns.
  public var table: Table {
    let lines = clusters.enumerated().flatMap { index, cluster in
      cluster.peaks.enumerated().map { rank, peak in
        Line(name: Self.name(index + 1, peak: rank), peak: peak, cluster: rank == 0 ? cluster : nil)
      }
    }
    return Table(of: lines, Self.fields + (hasRegions ? Self.regionFields : []))
  }

  /// A peak, and the cluster that it is the strongest of.
  private struct Line {
    var name: String
    var peak: ClusterPeak
    var cluster: Cluster?
  }

  private static let fields: [TableField<Line>] = [
    .text("cluster") { $0.name },
    .number("peak_x_mm") { $0.peak.point.x },
    .number("peak_y_mm") { $0.peak.point.y },
    .number("peak_z_mm") { $0.peak.point.z },
    .number("peak_value") { $0.peak.value },
    .whole("peak_i") { $0.peak.voxel.i },
    .whole("peak_j") { $0.peak.voxel.j },
    .whole("peak_k") { $0.peak.voxel.k },
    .whole("voxels") { $0.cluster?.voxels },
    .number("size_mm3") { $0.cluster?.volume },
    .number("mean") { $0.cluster?.mean },
    .number("sum") { $0.cluster?.sum },
    .number("abs_share") { $0.cluster?.absoluteShare },
    .number("centre_x_mm") { $0.cluster?.centreOfMass.x },
    .number("centre_y_mm") { $0.cluster?.centreOfMass.y },
    .number("centre_z_mm") { $0.cluster?.centreOfMass.z },
  ]

  private static let regionFields: [TableField<Line>] = [
    .text("peak_region") { $0.peak.region?.name ?? "outside" },
    .text("regions") { $0.cluster?.regionsText },
  ]

  /// `3`, `3a`… `3z`, `3aa`….
  private static func name(_ cluster: Int, peak: Int) -> String {
    var letters = ""
    var rest = peak
    while rest > 0 {
      let letter = Unicode.Scalar(UInt8(97 + (rest - 1) % 26))
      letters = String(Character(letter)) + letters
      rest = (rest - 1) / 26
    }
    return "\(cluster)" + letters
  }
}

extension ClusterTable.Cluster {
  fileprivate var regionsText: String {
    shares.filter { $0.part >= 0.05 }
      .map { "\(FixedPoint.text(100 * $0.part, digits: 1))% \($0.region?.name ?? "outside")" }.joined(separator: "; ")
  }
}
