internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaithfulness
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidResults
internal import PellucidTables
internal import PellucidVolumes

/// What a study of randomized weights leaves behind: a table, a chart and the provenance.
public struct RandomizationReport {
  /// The files' names in the folder.
  public enum Names {
    /// A line a scan, method and step.
    public static let table = "randomization.tsv"
    /// Likeness by depth.
    public static let picture = "randomization.png"
    /// How it was made.
    public static let provenance = "randomization.json"
  }

  private let study: RandomizationStudy
  private let results: RandomizationStudy.Results

  /// A report of a study.
  public init(_ study: RandomizationStudy, _ results: RandomizationStudy.Results) {
    (self.study, self.results) = (study, results)
  }

  /// Writes the files into a folder, all of them or none; the folder is made if it is missing.
  public func write(to folder: String) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try files.add(results.rows, Self.fields, as: Names.table)
    try files.add(try chart().png(), as: Names.picture)
    try files.add(provenance, as: Names.provenance)
    try files.commit()
  }

  private static let fields: [TableField<RandomizationStudy.Row>] = [
    .text("image") { $0.image }, .text("method") { $0.method }, .text("target") { $0.target },
    .text("order") { $0.order }, .text("layer") { $0.layer }, .whole("depth") { $0.depth },
    .number("spearman") { $0.similarity?.spearman }, .number("ssim") { $0.similarity?.structure },
    .number("pearson") { $0.similarity?.pearson }, .number("score_change") { $0.scoreChange },
    .text("verdict") { $0.verdict.rawValue }, .number("spearman_head") { $0.inHead },
    .number("complexity_rise") { $0.complexityRise },
  ]

  /// The means over the scans, by how many layers have lost their weights.
  private func chart() throws(PellucidError) -> LineChart {
    let own = results.rows.filter { $0.order == study.options.order.rawValue }
    var methods: [String] = []
    for row in own where !methods.contains(row.method) { methods.append(row.method) }
    let measures: [(String, (MapSimilarity) -> Double?)] = [
      ("Spearman of |R|, whole grid", { $0.spearman }), ("SSIM of |R|", { $0.structure }),
      ("Pearson of R", { $0.pearson }),
    ]
    let panels = measures.map { title, value in
      LineChart.Panel(
        title: title,
        lines: methods.map { method in
          let rows = own.filter { $0.method == method }
          let depths = Set(rows.map { step(of: $0) }).sorted()
          let means = depths.map { depth in
            let values = rows.filter { step(of: $0) == depth }.compactMap { $0.similarity.flatMap(value) }
            return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
          }
          return LineChart.Line(name: method, x: depths.map(Double.init), y: means)
        })
    }
    var options = ChartOptions()
    options.title = "Maps of networks whose weights are permuted"
    options.subtitle =
      "likeness to the map of the network itself; at 0 a scan with noise of 1 % on it; gaps: the network no longer depends on the scan"
    options.label = "likeness"
    options.width = 160
    let axis =
      switch study.options.order {
      case .cascade: "layers permuted, from the output"
      case .bottomUp: "layers permuted, from the input"
      case .independent: "the layer permuted, from the output"
      }
    return try LineChart(panels, axis: axis, options: options)
  }

  private func step(of row: RandomizationStudy.Row) -> Int {
    study.options.order == .bottomUp && row.depth > 0 ? study.layers.count + 1 - row.depth : row.depth
  }

  private var provenance: JSONValue {
    var json = study.explainer.provenance(of: study.scans, study.variants)
    json["order"] = .string(study.options.order.rawValue)
    json["samples"] = .integer(study.options.samples)
    json["efficient"] = .bool(study.options.isEfficient)
    json["seed"] = .integer(study.options.seed)
    json["layers"] = .array(
      study.layers.map { ["name": .string($0.name), "weights": .strings($0.weights)] })
    return json
  }
}

extension PellucidError {
  static func noWeights(_ model: String) -> Self {
    .init(
      .unsupported, at: .init(file: model), what: "the model has no weights that could be permuted",
      why: "no convolution, product or normalization reads a constant of more than one value")
  }
}
