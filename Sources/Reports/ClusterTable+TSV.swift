public import Atlases
internal import Volumes

extension ClusterTable {
  /// The columns of the table; `peak_region` and `regions` only where there was an atlas.
  public static let columns = [
    "cluster", "peak_x_mm", "peak_y_mm", "peak_z_mm", "peak_value", "peak_i", "peak_j", "peak_k", "voxels", "size_mm3",
    "mean", "sum", "abs_share", "centre_x_mm", "centre_y_mm", "centre_z_mm", "peak_region", "regions",
  ]

  /// The table as tab-separated text: a header, a line a cluster (`1`, `2`…), each followed by its further peaks (`1a`, `1b`…), whose
  /// other cells are `n/a`.
  ///
  /// `regions` lists the regions that hold 5 % of a cluster's voxels or more as `62.5% Hippocampus_L; 20.0% outside`, largest first.
  public var tsv: String {
    let columns = hasRegions ? Self.columns : Self.columns.dropLast(2)
    var lines = [columns.joined(separator: "\t")]
    for (index, cluster) in clusters.enumerated() {
      for (rank, peak) in cluster.peaks.enumerated() {
        var cells = [Self.name(index + 1, peak: rank)] + Self.cells(peak)
        cells += rank == 0 ? cluster.cells : Array(repeating: "n/a", count: 8)
        if hasRegions { cells += [peak.region.name, rank == 0 ? cluster.regionsText : "n/a"] }
        lines.append(cells.joined(separator: "\t"))
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

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

  private static func cells(_ peak: ClusterPeak) -> [String] {
    [peak.point.x, peak.point.y, peak.point.z, peak.value].map { NumberText.significant($0) }
      + [peak.voxel.i, peak.voxel.j, peak.voxel.k].map { "\($0)" }
  }
}

extension ClusterTable.Cluster {
  fileprivate var cells: [String] {
    ["\(voxels)"]
      + [volume, mean, sum, absoluteShare, centreOfMass.x, centreOfMass.y, centreOfMass.z].map {
        NumberText.significant($0)
      }
  }

  fileprivate var regionsText: String {
    shares.filter { $0.part >= 0.05 }
      .map { "\(FixedPoint.text(100 * $0.part, digits: 1))% \($0.region.name)" }.joined(separator: "; ")
  }
}

extension Region? {
  /// The name in one cell; `outside` for no region.
  fileprivate var name: String { String((self?.name ?? "outside").map { $0.isWhitespace ? " " : $0 }) }
}
