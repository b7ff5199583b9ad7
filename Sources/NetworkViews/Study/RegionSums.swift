public import PellucidAtlases
public import PellucidFaults
public import PellucidTables
public import PellucidVolumes

/// What several maps of one scan say of the regions of an atlas, one below the other.
public enum RegionSums {
  /// A table `KEY region sum mean abs_share`.
  ///
  /// - Parameters:
  ///   - maps: each with what it is called in the first column.
  ///   - key: that column's name.
  public static func table(
    of maps: [(name: String, map: Volume)], key: String, in atlas: PlacedAtlas
  ) throws(PellucidError) -> Table {
    var rows: [(String, String, RegionValues?)] = []
    for (name, map) in maps {
      let table = try atlas.table(of: map)
      for row in table.rows { rows.append((name, row.region?.name ?? "outside", row.values)) }
    }
    return Table([
      .text(key, rows.map { $0.0 }), .text("region", rows.map { $0.1 }),
      .number("sum", rows.map { $0.2?.sum }), .number("mean", rows.map { $0.2?.mean }),
      .number("abs_share", rows.map { $0.2?.absoluteShare }),
    ])
  }
}
