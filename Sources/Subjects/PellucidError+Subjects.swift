internal import PellucidFaults

extension PellucidError {
  static func subjectsUnreadable(_ path: String, why: String, columns: [String]) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the table of subjects cannot be read", why: why,
      remedy: "give a tab-separated table with the columns "
        + (columns.isEmpty ? ["participant_id", "image"] : columns).joined(separator: " and "))
  }

  static func subjectColumns(_ path: String, wanted: [String], has columns: [String]) -> Self {
    let why = columns.count > 1 ? "its columns are \(columns.joined(separator: ", "))" : "no tab separates columns"
    return .init(
      .badData, at: .init(file: path, part: "header"),
      what: "the table has no column\(wanted.count == 1 ? "" : "s") \(wanted.joined(separator: " and "))", why: why,
      remedy: "name \(wanted.count == 1 ? "it" : "them") in the first line, separated by tabs")
  }

  static func columnTwice(_ path: String, _ name: String) -> Self {
    .init(
      .badData, at: .init(file: path, part: "header"), what: "the column \(name) is there twice",
      remedy: "name the columns apart")
  }

  static func noSubjects(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the cohort has no subject", why: "no line follows the header",
      remedy: "name at least one")
  }

  static func subjectUnnamed(_ path: String, line: Int) -> Self {
    .init(
      .badData, at: .init(file: path, part: "line \(line)"), what: "the line names neither a participant nor an image",
      remedy: "fill in participant_id or image, or remove the line")
  }

  static func subjectTwice(_ path: String, _ name: String, session: String?, line: Int, before: Int) -> Self {
    .init(
      .badData, at: .init(file: path, part: "line \(line)"),
      what: "there is already a subject \(name)" + (session.map { ", session \($0)" } ?? ""), why: "in line \(before)",
      remedy: "name the subjects apart in a column participant_id, their visits in session_id")
  }

  static func noCovariate(_ name: String, _ path: String, has names: [String]) -> Self {
    .init(
      .usage, at: .init(file: path), what: "the table has no covariate \(name)",
      remedy: names.isEmpty
        ? "add a column \(name)" : NearMiss.remedy(for: name, among: names, noun: "its covariates are"))
  }
}
