internal import PellucidFaults

extension PellucidError {
  static func noResults(_ folders: [String]) -> Self {
    .init(
      .badData, at: .init(file: folders.joined(separator: ", ")), what: "there is no record of a result",
      remedy: "name folders that pellucid cohort or explain wrote")
  }

  static func noSubjectTable(_ folders: [String]) -> Self {
    .init(
      .usage, at: .init(file: folders.joined(separator: ", ")), what: "nothing says who the subjects are",
      why: "there is no participants.tsv", remedy: "name a table with `subjects`: participant_id and covariates")
  }

  static func fewSubjects(_ folders: [String], _ count: Int) -> Self {
    .init(
      .badData, at: .init(file: folders.joined(separator: ", ")),
      what: count == 1 ? "there is one scan with results" : "there are \(count) scans with results",
      remedy: "bias shows in a cohort: at least 4, and with fewer than 50 only what is gross")
  }

  static func strangers(_ path: String, _ subject: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "none of the scans is in the table",
      why: "the first is called \(subject)",
      remedy: "name them in a column participant_id, or the scans in a column image")
  }

  static func nothingKnown(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the table has no covariates", remedy: "add columns such as age, sex, site"
    )
  }

  static func fewMaps(_ count: Int) -> Self {
    .init(.badData, what: "there are \(count) of them", remedy: "at least 4 are needed")
  }
}
