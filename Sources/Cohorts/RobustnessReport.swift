internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaithfulness
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What a study of robustness leaves behind: a table, a chart, the adversarial scans and the provenance.
public struct RobustnessReport {
  /// The files' names in the folder.
  public enum Names {
    /// A line a scan, method, disturbance and strength.
    public static let table = "robustness.tsv"
    /// Likeness of maps by strength.
    public static let picture = "robustness.png"
    /// How it was made.
    public static let provenance = "robustness.json"
  }

  private let study: RobustnessStudy
  private let results: RobustnessStudy.Results

  /// A report of a study.
  public init(_ study: RobustnessStudy, _ results: RobustnessStudy.Results) {
    (self.study, self.results) = (study, results)
  }

  /// Writes the files into a folder, all of them or none; the folder is made if it is missing.
  public func write(to folder: String) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(results.rows, Self.fields, as: Names.table)
    try files.add(try chart().png(), as: Names.picture)
    for flip in results.flips {
      try flip.image.write(into: files, as: flip.name + ".nii.gz", description: "ADVERSARIAL input of a network")
    }
    var json = study.explainer.provenance(of: study.scans, study.variants)
    json["disturbances"] = .strings(study.options.disturbances.map(\.rawValue))
    json["attacks"] = .strings(study.options.attacks.map(\.rawValue))
    json["samples"] = .integer(study.options.samples)
    json["seed"] = .integer(study.options.seed)
    json["score"] = .string(study.options.score.rawValue)
    try files.add(json, as: Names.provenance)
    try files.commit()
  }

  private static let fields: [TableField<RobustnessStudy.Row>] = [
    .text("image") { $0.image }, .text("method") { $0.method }, .text("target") { $0.target },
    .text("disturbance") { $0.disturbance }, .number("strength") { $0.strength }, .text("predicted") { $0.predicted },
    .number("score") { $0.score }, .number("map_spearman") { $0.spearman }, .number("map_l2") { $0.distance },
    .number("sd") { $0.deviation }, .whole("n") { $0.count },
  ]

  /// Likeness by strength, a panel a disturbance; means over the scans.
  private func chart() throws(PellucidError) -> LineChart {
    var names: [String] = []
    for row in results.rows where row.spearman != nil && !row.disturbance.hasSuffix("-flip") {
      if !names.contains(row.disturbance) { names.append(row.disturbance) }
    }
    let panels = names.map { name in
      let own = results.rows.filter { $0.disturbance == name }
      // Strengths differ in unit, and attacks' from scan to scan: they stand side by side, weak to strong.
      var byPlace: [[RobustnessStudy.Row]] = []
      for image in Set(own.map(\.image)).sorted() {
        for method in study.variants.map(\.name) {
          let rows = own.filter { $0.image == image && $0.method == method && $0.strength != nil }
          for (place, row) in rows.sorted(by: { ($0.strength ?? 0) < ($1.strength ?? 0) }).enumerated() {
            if place == byPlace.count { byPlace.append([]) }
            byPlace[place].append(row)
          }
        }
      }
      func mean(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }
      let lines = study.variants.map(\.name).map { method in
        LineChart.Line(
          name: method, x: byPlace.indices.map { Double($0 + 1) },
          y: byPlace.map { rows in mean(rows.filter { $0.method == method }.compactMap(\.spearman)) })
      }
      return LineChart.Panel(
        title: name, lines: lines,
        places: byPlace.map { NumberText.significant(mean($0.compactMap(\.strength)), digits: 2) })
    }
    var options = ChartOptions()
    options.title = "Maps of disturbed scans"
    options.subtitle = "Spearman's correlation of |R| with the map of the scan itself"
    options.label = "likeness"
    options.width = 160
    return try LineChart(panels, axis: "strength", options: options)
  }
}
