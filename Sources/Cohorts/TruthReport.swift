internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidEvaluation
internal import PellucidExplaining
public import PellucidFaults
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What a study of a cohort with known truth leaves behind: two tables, a chart and the provenance.
public struct TruthReport {
  /// The files' names in the folder.
  public enum Names {
    /// A line a subject and method.
    public static let subjects = "truth_subjects.tsv"
    /// A line a method.
    public static let summary = "truth_summary.tsv"
    /// The summary as a picture.
    public static let picture = "truth_summary.png"
    /// How it was made.
    public static let provenance = "truth.json"
  }

  private let study: TruthStudy
  private let results: TruthStudy.Results

  /// A report of a study.
  public init(_ study: TruthStudy, _ results: TruthStudy.Results) {
    self.study = study
    self.results = results
  }

  /// Writes the files into a folder, all of them or none; the folder is made if it is missing.
  /// - Parameter seconds: of the whole study.
  public func write(to folder: String, threads: Int, seconds: Double) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(subjectsTSV, as: Names.subjects)
    try TruthSummary(results).add(to: files)
    try files.add(provenance(threads: threads, seconds: seconds), as: Names.provenance)
    try files.commit()
  }

  // MARK: Tables

  /// A line a subject and method: numbers with nine significant digits, `n/a` for what is not defined.
  var subjectsTSV: String { Table(of: results.rows, Self.fields).tsv }

  private static let fields: [TableField<TruthStudy.Row>] =
    [
      .text("subject") { $0.subject }, .text("method") { $0.method }, .text("target") { $0.target },
      .number("answer") { $0.answer }, .whole("changed_voxels") { $0.changedVoxels },
      .number("changed_share") { $0.changedShare },
    ] + TruthMetric.all.map { metric in .number(metric.name) { $0.scores[metric] } }
    + [
      .whole("regions") { $0.scores.region?.regions }, .text("changed_regions") { Self.places(of: $0) },
      .number("seconds", digits: 4) { $0.seconds }, .number("answer_before") { $0.answerBefore },
    ]

  /// `NAME:PLACE` of each changed region.
  private static func places(of row: TruthStudy.Row) -> String? {
    row.scores.region?.places.map { "\($0.name):\(NumberText.significant($0.place, digits: 4))" }.joined(separator: ";")
  }

  // MARK: Provenance

  private func provenance(threads: Int, seconds: Double) -> JSONValue {
    let explainer = study.explainer
    var json = explainer.provenance(of: study.cohort.subjects.map(\.scan), [])
    json["cohort"] = .string(study.cohort.source)
    json["subjects"] = .array(
      study.cohort.subjects.map { subject in
        [
          "subject": .string(subject.name), "image": .string(subject.scan.text), "truth": .string(subject.truth),
          "original": subject.original.map { .string($0.text) } ?? .null,
          "labels": subject.labels.map(JSONValue.string) ?? .null, "regions": .strings(subject.regions),
        ]
      })
    let left = Set(results.leftOut.map(\.method))
    json["methods"] = .array(
      study.variants.filter { !left.contains($0.name) }.map { variant in
        [
          "name": .string(variant.name), "method": .string(variant.method.name),
          "score": (results.records[variant.name]?.score.rawValue).map(JSONValue.string) ?? .null,
          "options": results.records[variant.name]?.options ?? .null,
        ]
      })
    json["left_out"] = .array(results.leftOut.map { ["method": .string($0.method), "why": .string($0.why)] })
    json["atlas"] = explainer.options.atlas.map { ["name": .string($0.name), "regions": .integer($0.regions.count)] }
    json["voxels"] = "|R| of all voxels of the scan's grid, channels added up"
    json["chance"] = "a map that is 1 wherever the scan is not 0"
    json["regions_ordered_by"] = "mean |R|"
    json["seconds"] = .number(seconds)
    json["threads"] = .integer(threads)
    return json
  }
}
