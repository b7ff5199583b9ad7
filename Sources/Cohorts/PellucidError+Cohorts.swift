internal import PellucidFaults

extension PellucidError {
  static func visitTwice(_ path: String, _ visit: Cohort.Visit, _ other: Cohort.Visit) -> Self {
    .init(
      .badData, at: .init(file: path, part: visit.place), what: "there is already a \(visit.name.stem)",
      why: "\(other.participant), \(other.place ?? "before")",
      remedy: "name the subjects apart by letters and digits in participant_id, their visits in session_id")
  }

  static func unnameable(_ path: String, _ name: String, line: Int) -> Self {
    .init(
      .badData, at: .init(file: path, part: "line \(line)"), what: "\(name) has neither letters nor digits",
      why: "files cannot be called after it", remedy: "name the participant by letters and digits (a–z, 0–9)")
  }

  static func targetMissing(classes: [String]) -> Self {
    .init(
      .usage, what: "a cohort needs one `target` for all scans",
      why: "else every scan would be explained for the class that the network gives it",
      remedy: classes.isEmpty
        ? "name a class, by its index" : "name one of \(classes.joined(separator: ", ")), or a difference such as A-B")
  }

  static func imageMissing(_ table: String, _ visit: Cohort.Visit) -> Self {
    .init(
      .badData, at: .init(file: table, part: visit.place), what: "\(visit.name.stem) has no image",
      remedy: "fill in image, or remove the line")
  }

  static func patternNamesNothing(_ pattern: String, _ visit: Cohort.Visit, tried: [String]) -> Self {
    .init(
      .badData, at: .init(file: tried.first ?? pattern), what: "\(visit.name.stem) has no such file",
      why: "the pattern is \(pattern)",
      remedy: "check what stands for {participant_id} and {session_id}")
  }

  static func foldCount(_ folds: [String], models: Int) -> Self {
    .init(
      .usage, what: "the table has \(folds.count) folds (\(folds.joined(separator: ", "))) for \(models) models",
      why: "the models belong to the folds in order",
      remedy: "give as many models as there are folds, in the folds' order, or a table without the column fold")
  }

  static func shard(_ number: Int, _ count: Int) -> Self {
    .init(.usage, what: "there is no part \(number) of \(count)", remedy: "count from 1 to N, as in 1/8")
  }

  static func answersDiffer(_ first: String, _ other: String) -> Self {
    .init(
      .usage, at: .init(file: other), what: "its classes are others than those of \(first)",
      remedy: "give models of one task, with the same classes in the same order")
  }

  static func mapsDiffer(_ other: String) -> Self {
    .init(
      .unsupported, at: .init(file: other), what: "its map lies on another grid than the first model's",
      remedy: "explain on the scan's grid, which all models share")
  }
}

extension PellucidError {
  static func meanInAtlasSpace() -> Self {
    .init(
      .usage, what: "the mean of several models' maps is taken on the scan's grid", remedy: "leave `space` out")
  }
}

extension PellucidError {
  static func filtersOfTable(_ path: String) -> Self {
    .init(
      .usage, at: .init(file: path), what: "a table names its scans itself",
      remedy: "leave `images` and `filter` out, or name a folder")
  }

  static func noScans(_ folder: String, pattern: String?, entities: [(key: String, label: String)]) -> Self {
    let wanted = entities.map { "\($0.key)-\($0.label)" }.joined(separator: ", ")
    return .init(
      .badData, at: .init(file: folder), what: "no scan is called \(pattern ?? "sub-X/[ses-Y/]anat/*_T1w.nii.gz")",
      why: wanted.isEmpty ? "" : "with \(wanted)",
      remedy: "name where scans are by `images`, such as {participant_id}/anat/*_T1w.nii.gz, or give a table")
  }

  static func severalScans(_ folder: String, _ visit: String, _ one: String, _ other: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "\(visit) has several scans", why: "\(one) and \(other)",
      remedy: "choose by an entity of their names, as in `filter` run=1,run= (run-1, or no run), or by `images`")
  }
}

extension PellucidError {
  static func studyUnreadable(_ path: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the study cannot be read", why: why,
      remedy: "give a table with the columns participant_id and image, or a folder of scans")
  }
}
