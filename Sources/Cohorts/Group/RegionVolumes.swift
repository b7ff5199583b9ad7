internal import PellucidFaults
internal import PellucidTables

/// Volumes of participants' regions from a table of another program.
///
/// A line a participant and a column a region, or, with the columns `region` and `volume` (or `volume_mm3`), a line a participant and region.
struct RegionVolumes {
  private var volumes: [String: [String: Double]] = [:]

  /// - Throws: `.badData` for what is no such table; `.usage` where a column is missing.
  init(contentsOf path: String) throws(PellucidError) {
    let table = try Table(contentsOf: path, form: .foreign)
    guard let key = table.names.first(where: { ["participant_id", "subject"].contains($0.lowercased()) }) else {
      throw .columnMissing(path, "participant_id", has: table.names)
    }
    let session = table.names.first { $0.lowercased() == "session_id" }
    let (ids, sessions) = (
      try table.texts(key), try session.map { (name) throws(PellucidError) in try table.texts(name) }
    )
    func name(_ row: Int) -> String {
      Self.key(ids[row] ?? "", sessions?[row])
    }
    let long = table.names.first { ["volume", "volume_mm3"].contains($0.lowercased()) }
    if let long, table.place(of: "region") != nil {
      let (regions, values) = (try table.texts("region"), try table.numbers(long))
      for row in 0..<table.rowCount {
        if let region = regions[row], let value = values[row] {
          volumes[name(row), default: [:]][region.lowercased()] = value
        }
      }
      return
    }
    for column in table.names where column != key && column != session {
      // Columns of words are none of a region.
      guard let values = try? table.numbers(column) else { continue }
      for row in 0..<table.rowCount {
        if let value = values[row] { volumes[name(row), default: [:]][column.lowercased()] = value }
      }
    }
  }

  private static func key(_ participant: String, _ session: String?) -> String {
    BIDSName.label(participant, without: "sub-") + "\t" + (session.map { BIDSName.label($0, without: "ses-") } ?? "")
  }

  /// The volume of a region; nil where the table has none.
  func volume(of visit: GroupData.Visit, _ region: String) -> Double? {
    let own = volumes[Self.key(visit.participant, visit.session)] ?? volumes[Self.key(visit.participant, nil)]
    return own?[region.lowercased()]
  }
}
