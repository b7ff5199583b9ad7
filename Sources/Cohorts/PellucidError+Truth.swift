internal import PellucidFaults

extension PellucidError {
  static func cohortUnreadable(_ path: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the cohort cannot be read", why: why,
      remedy: "give a table with the columns image and truth, or a folder of STEM.nii.gz and STEM_truth.nii.gz")
  }

  static func cohortCell(_ path: String, line: Int) -> Self {
    .init(
      .badData, at: .init(file: path, part: "line \(line)"), what: "the image or its truth is missing",
      remedy: "give both, or remove the line")
  }

  static func cohortEmpty(_ path: String, why: String) -> Self {
    .init(.badData, at: .init(file: path), what: "the cohort has no subject", why: why, remedy: "name at least one")
  }

  static func cohortFile(_ path: String, line: Int?, file: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: path, part: line.map { "line \($0)" }), what: "\(file) cannot be read", why: why,
      remedy: "paths are seen from the table's folder")
  }

  static func subjectTwice(_ path: String, _ name: String, line: Int?) -> Self {
    .init(
      .badData, at: .init(file: path, part: line.map { "line \($0)" }), what: "there is already a subject \(name)",
      remedy: "name the subjects apart in a column subject")
  }

  static func pairing(_ mask: String, stem: String, scans: [String]) -> Self {
    .init(
      .badData, at: .init(file: mask),
      what: scans.isEmpty ? "the mask has no scan" : "the mask has several scans",
      why: scans.isEmpty ? "there is no \(stem).nii.gz or \(stem)_….nii.gz" : scans.joined(separator: ", "),
      remedy: "put one beside it, or pair them in a table with the columns image and truth")
  }

  static func noMethodFits(_ reasons: [String]) -> Self {
    .init(
      .usage, what: "no method can be evaluated", why: reasons.joined(separator: "; "), remedy: "see pellucid methods")
  }

  static func truthTable(_ path: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "it is no table of subjects and methods", why: why,
      remedy: "give a truth_subjects.tsv that pellucid evaluate truth wrote")
  }

  static func truthTablesDisagree(_ path: String, subject: String, method: String, metric: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "\(metric) of \(method) for \(subject) is not that of the tables before",
      why: "they are not of the same scans, truth or model", remedy: "join tables of one cohort and model")
  }

  static func truthSubjectMissing(_ method: String, _ subject: String, count: Int, of total: Int) -> Self {
    .init(
      .badData, what: "\(method) was not measured on \(subject)",
      why: count == 1 ? "of \(total) subjects it lacks one" : "of \(total) subjects it lacks \(count)",
      remedy: "join tables of the same subjects: means over others cannot be compared")
  }
}
