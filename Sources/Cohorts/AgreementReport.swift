internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What a study of agreement leaves behind: a table, its matrix as a picture, and the provenance.
public struct AgreementReport {
  /// The files' names in the folder.
  public enum Names {
    /// A line a scan and pair, then the means.
    public static let table = "agreement.tsv"
    /// The means of Spearman's correlation.
    public static let picture = "agreement.png"
    /// How it was made.
    public static let provenance = "agreement.json"
  }

  private let study: AgreementStudy
  private let results: AgreementStudy.Results

  /// A report of a study.
  public init(_ study: AgreementStudy, _ results: AgreementStudy.Results) {
    (self.study, self.results) = (study, results)
  }

  /// Writes the files into a folder, all of them or none; the folder is made if it is missing.
  public func write(to folder: String) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(results.rows, Self.fields, as: Names.table)
    try files.add(try chart().png(), as: Names.picture)
    let json: JSONValue = [
      "pellucid": .string(pellucidVersion), "images": .strings(study.scans.map(\.text)),
      "models": .array(study.explainers.map { JSONValue(of: $0.explainer.modelRecord) }),
      "methods": .strings(study.variants.map(\.name)),
      "target": study.explainers.first?.explainer.options.target.map(JSONValue.string) ?? .null,
      "atlas": study.explainers.first?.explainer.options.atlas.map { .string($0.name) } ?? .null,
      "top": .integer(AgreementStudy.top), "regions_ordered_by": "mean |R|", "icc": "ICC(2,1) of shares of |R|",
    ]
    try files.add(json, as: Names.provenance)
    try files.commit()
  }

  private static let fields: [TableField<AgreementStudy.Row>] = [
    .text("image") { $0.image }, .text("a") { $0.a }, .text("b") { $0.b }, .number("spearman") { $0.spearman },
    .number("top_k_overlap") { $0.overlap }, .number("icc") { $0.intraclass },
  ]

  private func chart() throws(PellucidError) -> HeatMap {
    let means = results.rows.filter { $0.image == FaithfulnessStudy.mean }
    let names = results.names
    let values = names.map { a in
      names.map { b in
        a == b ? 1 : means.first { ($0.a, $0.b) == (a, b) || ($0.a, $0.b) == (b, a) }?.spearman ?? .nan
      }
    }
    var options = ChartOptions()
    options.title = "How far maps agree"
    options.subtitle =
      "Spearman's correlation of |R| over voxels, mean of \(study.scans.count) scan\(study.scans.count == 1 ? "" : "s")"
    options.label = "Spearman's correlation"
    options.limit = 1
    return try HeatMap(rows: names, columns: names, values: values, options: options, decimals: 2)
  }
}
