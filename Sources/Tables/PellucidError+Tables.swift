internal import PellucidFaults

extension PellucidError {
  static func unreadableTable(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the file cannot be read", why: "it is missing or not permitted",
      remedy: "check the path")
  }

  static func notATable(_ file: String?, why: String, wanted: String) -> Self {
    .init(.badData, at: .init(file: file), what: "this is no table", why: why, remedy: "give \(wanted)")
  }

  static func noSuchColumn(_ column: String, _ file: String?, has columns: [String]) -> Self {
    .init(
      .usage, at: .init(file: file), what: "the table has no column \(column)",
      remedy: NearMiss.remedy(for: column, among: columns, noun: "columns"))
  }

  static func notANumber(_ file: String?, column: String, row: Int, cell: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "row \(row), column \(column)"), what: "'\(cell)' is no number",
      remedy: "choose another column, or mend the table")
  }

  static func notAWholeNumber(_ file: String?, column: String, row: Int, cell: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "row \(row), column \(column)"), what: "'\(cell)' is no whole number",
      remedy: "choose another column, or mend the table")
  }
}
