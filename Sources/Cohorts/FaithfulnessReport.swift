internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaithfulness
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidModelCards
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What a study of faithfulness leaves behind: a table, the curves, a chart and the provenance.
public struct FaithfulnessReport {
  /// The files' names in the folder.
  public enum Names {
    /// A line a scan, map and metric, then the means.
    public static let table = "faithfulness.tsv"
    /// A line a step of each curve.
    public static let curves = "faithfulness_curves.tsv"
    /// The curves as a picture; without curves, the numbers.
    public static let picture = "faithfulness.png"
    /// How it was made.
    public static let provenance = "faithfulness.json"
  }

  private let study: FaithfulnessStudy
  private let results: FaithfulnessStudy.Results

  /// A report of a study.
  public init(_ study: FaithfulnessStudy, _ results: FaithfulnessStudy.Results) {
    (self.study, self.results) = (study, results)
  }

  /// Writes the files into a folder, all of them or none; the folder is made if it is missing.
  /// - Parameter seconds: of the whole study.
  public func write(to folder: String, threads: Int, seconds: Double) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(results.rows, Self.fields, as: Names.table)
    try files.add(points, Self.curveFields, as: Names.curves)
    try files.add(try picture(), as: Names.picture)
    try files.add(provenance(threads: threads, seconds: seconds), as: Names.provenance)
    try files.commit()
  }

  private static let fields: [TableField<FaithfulnessStudy.Row>] = [
    .text("image") { $0.image }, .text("method") { $0.method }, .text("target") { $0.target },
    .text("metric") { $0.metric }, .text("features") { $0.features }, .text("fill") { $0.fill },
    .number("value") { $0.value }, .number("sd") { $0.deviation }, .whole("n") { $0.count },
    .number("seconds", digits: 4) { $0.seconds },
  ]

  private struct Point: Sendable {
    var row: FaithfulnessStudy.Row
    var step: Int
    var fraction: Double { Double(step) / Double(row.curve.count - 1) }
  }

  private var points: [Point] {
    results.rows.flatMap { row in row.curve.indices.map { Point(row: row, step: $0) } }
  }

  private static let curveFields: [TableField<Point>] = [
    .text("image") { $0.row.image }, .text("method") { $0.row.method }, .text("metric") { $0.row.metric },
    .whole("step") { $0.step }, .number("fraction") { $0.fraction }, .number("score") { $0.row.curve[$0.step] },
  ]

  // MARK: Picture

  private var means: [FaithfulnessStudy.Row] { results.rows.filter { $0.image == FaithfulnessStudy.mean } }

  private func picture() throws(PellucidError) -> [UInt8] {
    var options = ChartOptions()
    let count = study.scans.count
    let target = Set(means.map(\.target)).sorted().joined(separator: ";")
    options.title = "Faithfulness of maps for \(target)"
    let curves = means.filter { !$0.curve.isEmpty }
    if curves.isEmpty {
      options.subtitle = "mean of \(count) scan\(count == 1 ? "" : "s"); colours by column"
      return try heatMap(options).png()
    }
    let settings = study.options.probe
    options.subtitle =
      "mean of \(count) scan\(count == 1 ? "" : "s"); features: \(settings.features.name), fill: \(settings.fill.name)"
    options.width = 160
    options.label = "score of \(target)"
    var metrics: [String] = []
    for row in curves where !metrics.contains(row.metric) { metrics.append(row.metric) }
    let panels = metrics.map { metric in
      LineChart.Panel(
        title: Self.words(metric),
        lines: curves.filter { $0.metric == metric }.map { row in
          let steps = Double(row.curve.count - 1)
          return LineChart.Line(name: row.method, x: row.curve.indices.map { Double($0) / steps }, y: row.curve)
        })
    }
    return try LineChart(panels, axis: "part of the features", options: options).png()
  }

  private static func words(_ metric: String) -> String {
    switch metric {
    case Deletion.name: "deletion (most relevant first)"
    case LeastRelevantFirst.name: "lerf (least relevant first)"
    case Insertion.name: "insertion (most relevant first)"
    default: metric
    }
  }

  /// The numbers where there are no curves, each column by its own largest.
  private func heatMap(_ options: ChartOptions) throws(PellucidError) -> HeatMap {
    var options = options
    options.label = "part of the column's largest |value|"
    options.limit = 1
    var methods: [String] = []
    for row in means where !methods.contains(row.method) { methods.append(row.method) }
    let metrics = study.options.metrics.map { $0.name }
    func value(_ method: String, _ metric: String) -> Double {
      means.first { $0.method == method && $0.metric == metric }?.value ?? .nan
    }
    let largest = metrics.map { metric in
      methods.map { value($0, metric).magnitude }.filter(\.isFinite).max() ?? 0
    }
    let values = methods.map { method in
      zip(metrics, largest).map { metric, largest in
        largest > 0 ? value(method, metric) / largest : value(method, metric)
      }
    }
    return try HeatMap(rows: methods, columns: metrics, values: values, options: options, decimals: 2)
  }

  // MARK: Provenance

  private func provenance(threads: Int, seconds: Double) -> JSONValue {
    let settings = study.options.probe
    var json = study.explainer.provenance(of: study.scans, study.variants)
    json["maps"] = .array(study.maps.map { ["name": .string($0.name), "file": .string($0.path)] })
    json["metrics"] = .strings(study.options.metrics.map { $0.name })
    json["score"] = .string(study.options.score.rawValue)
    json["features"] = .string(settings.features.name)
    json["fill"] = .string(settings.fill.name)
    json["steps"] = .integer(settings.steps)
    json["samples"] = settings.samples.map { .integer($0) } ?? .null
    json["seed"] = .integer(settings.seed)
    json["passes"] = .integer(results.passes)
    json["seconds"] = .number(seconds)
    json["threads"] = .integer(threads)
    return json
  }
}
