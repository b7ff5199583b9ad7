internal import PellucidAttribution
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidTables
internal import PellucidVolumes

/// What a search for bias leaves behind: tables, pictures, the clusters' mean maps and how it was made.
public struct BiasReport {
  /// The files' names.
  public enum Names {
    /// A line a scan and method.
    public static let subjects = "bias_subjects.tsv"
    /// A line a method, covariate and region.
    public static let covariates = "bias_covariates.tsv"
    /// A line a method and covariate.
    public static let prediction = "bias_prediction.tsv"
    /// A line a method, cluster and covariate.
    public static let clusters = "bias_clusters.tsv"
    /// The strongest correlations.
    public static let picture = "bias_covariates.png"
    /// How it was made.
    public static let provenance = "bias.json"
  }

  private let study: BiasStudy

  /// A report of a study.
  public init(_ study: BiasStudy) { self.study = study }

  /// Writes the files into a folder, all of them or none.
  /// - Returns: their names.
  public func write(to folder: String) throws(PellucidError) -> [String] {
    let files = try FileSet(folder: folder)
    var names: [String] = []
    func add(_ text: String, _ name: String) throws(PellucidError) {
      try files.add(text, as: name)
      names.append(name)
    }
    func add(_ picture: [UInt8], _ name: String) throws(PellucidError) {
      try files.add(picture, as: name)
      names.append(name)
    }
    try add(subjects.tsv, Names.subjects)
    try add(Table(of: study.correlations, Self.correlationFields).tsv, Names.covariates)
    try add(Table(of: study.foretold, Self.foretoldFields).tsv, Names.prediction)
    try add(Table(of: members, Self.memberFields).tsv, Names.clusters)
    if let chart = try chart() { try add(try chart.png(), Names.picture) }
    for method in study.data.methods {
      guard let clusters = study.clusters[method], let label = study.data.labels[method] else { continue }
      try add(try embedding(clusters, method).png(), "bias_\(label)_embedding.png")
      for (cluster, mean) in clusters.means.enumerated() {
        let start = "bias_\(label)_cluster-\(cluster + 1)"
        try mean.write(
          into: files, as: start + ".nii.gz",
          description: "Pellucid \(pellucidVersion) bias: mean map of a cluster")
        names.append(start + ".nii.gz")
        if let picture = try picture(of: mean, clusters, cluster, method) { try add(try picture.png(), start + ".png") }
      }
    }
    try files.add(provenance, as: Names.provenance)
    names.append(Names.provenance)
    try files.commit()
    return names
  }

  // MARK: Tables

  private static let correlationFields: [TableField<BiasStudy.Correlated>] = [
    .text("method") { $0.method }, .text("covariate") { $0.covariate }, .text("region") { $0.region },
    .whole("n") { $0.count }, .number("spearman") { $0.r }, .number("p") { $0.p }, .number("q") { $0.q },
  ]

  private static let foretoldFields: [TableField<BiasStudy.Foretold>] = [
    .text("method") { $0.method }, .text("covariate") { $0.covariate }, .whole("n") { $0.count },
    .whole("classes") { $0.isNumber ? nil : $0.classes }, .whole("folds") { $0.folds },
    .text("measure") { $0.isNumber ? "r2" : "balanced_accuracy" }, .number("value") { $0.value },
    .number("chance") { $0.chance }, .number("auc") { $0.auc }, .number("p") { $0.p },
  ]

  /// A line a scan and method, with what is known of the scan.
  private var subjects: Table {
    struct Line {
      var subject: Int
      var method: String
      var result: BiasData.Result
      var place: Int?
      var clusters: MapClusters?
    }
    var lines: [Line] = []
    for method in study.data.methods {
      let clusters = study.clusters[method]
      for (place, subject) in study.data.subjects.enumerated() {
        guard let result = subject.results[method] else { continue }
        let own = clusters?.subjects.firstIndex(of: place)
        lines.append(Line(subject: place, method: method, result: result, place: own, clusters: clusters))
      }
    }
    func clustered<Value>(_ line: Line, _ value: (MapClusters, Int) -> Value) -> Value? {
      line.clusters.flatMap { clusters in line.place.map { value(clusters, $0) } }
    }
    var columns: [Table.Column] = [
      .text("participant_id", lines.map { study.data.subjects[$0.subject].participant }),
      .text("session_id", lines.map { study.data.subjects[$0.subject].session }),
      .text("method", lines.map(\.method)), .number("outside_head", lines.map(\.result.outsideHead)),
      .number("outside_regions", lines.map(\.result.outsideRegions)),
      .whole("cluster", lines.map { clustered($0) { $0.clustering.clusters[$1] + 1 } }),
      .number("embedding_x", lines.map { clustered($0) { $0.clustering.embedding[$1].x } }),
      .number("embedding_y", lines.map { clustered($0) { $0.clustering.embedding[$1].y } }),
    ]
    for covariate in study.covariates.covariates {
      columns.append(.text(covariate.name, lines.map { covariate.cells[$0.subject] }))
    }
    return Table(columns)
  }

  /// What the members of a cluster have of a covariate's column.
  private struct Member: Sendable {
    var method, covariate: String
    var cluster, count, all: Int
    var mean, others: Double?
  }

  private var members: [Member] {
    var rows: [Member] = []
    for method in study.data.methods {
      guard let clusters = study.clusters[method] else { continue }
      for cluster in 0..<clusters.clustering.count {
        let isOwn = Set(
          zip(clusters.subjects, clusters.clustering.clusters).filter { $0.1 == cluster }.map(\.0))
        for (name, values) in study.covariates.covariates.flatMap(\.columns) {
          let own = clusters.subjects.filter(isOwn.contains).compactMap { values[$0] }
          let others = clusters.subjects.filter { !isOwn.contains($0) }.compactMap { values[$0] }
          func mean(_ values: [Double]) -> Double? {
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
          }
          rows.append(
            Member(
              method: method, covariate: name, cluster: cluster + 1, count: isOwn.count, all: clusters.subjects.count,
              mean: mean(own), others: mean(others)))
        }
      }
    }
    return rows
  }

  private static let memberFields: [TableField<Member>] = [
    .text("method") { $0.method }, .whole("cluster") { $0.cluster }, .whole("n") { $0.count },
    .whole("n_all") { $0.all }, .text("covariate") { $0.covariate }, .number("mean") { $0.mean },
    .number("mean_of_others") { $0.others },
  ]

  // MARK: Pictures

  /// The regions with the strongest correlations down, methods and covariates across.
  private func chart() throws(PellucidError) -> HeatMap? {
    var columns: [String] = []
    var cells: [String: [String: BiasStudy.Correlated]] = [:]
    let isOne = study.data.methods.count == 1
    for row in study.correlations {
      let column = isOne ? row.covariate : "\(row.covariate) · \(row.method)"
      if !columns.contains(column) { columns.append(column) }
      cells[row.region, default: [:]][column] = row
    }
    guard !columns.isEmpty, columns.count <= 60 else { return nil }
    func size(_ region: String) -> Double { cells[region]?.values.compactMap { $0.r?.magnitude }.max() ?? 0 }
    let regions = cells.keys.sorted { (size($1), $0) < (size($0), $1) }
    let largest = regions.prefix(40)
    var options = ChartOptions()
    options.title = "Relevance against what is known of the subjects"
    options.subtitle =
      "\(study.options.measure.rawValue); the \(largest.count) strongest of \(regions.count) regions; * q ≤ 0.05 in one column"
    options.label = "Spearman's correlation"
    options.limit = 1
    let names = largest.map { region in
      region + (cells[region]?.values.contains { ($0.q ?? 1) <= 0.05 } == true ? " *" : "")
    }
    let values = largest.map { region in columns.map { cells[region]?[$0]?.r ?? .nan } }
    return try HeatMap(rows: names, columns: columns, values: values, options: options, decimals: 2)
  }

  /// The subjects by the second and third eigenvector, each called after its cluster.
  private func embedding(_ clusters: MapClusters, _ method: String) throws(PellucidError) -> ScatterChart {
    let clustering = clusters.clustering
    var options = ChartOptions()
    options.title = "Maps that are alike · \(method)"
    let gap = clustering.count == 1 ? "one cluster" : "\(clustering.count) clusters"
    options.subtitle =
      "\(clusters.subjects.count) scans, \(gap); a number is a scan's cluster; graph of \(clustering.neighbours) nearest neighbours"
    options.label = "third eigenvector"
    let points = zip(clustering.embedding, clustering.clusters).map { place, cluster in
      ScatterChart.Point(name: "\(cluster + 1)", x: place.x, y: place.y)
    }
    return try ScatterChart(points, axis: "second eigenvector", named: points.count, options: options)
  }

  /// A cluster's mean map on the scan of its first member that is still there.
  private func picture(
    of mean: Volume, _ clusters: MapClusters, _ cluster: Int, _ method: String
  ) throws(PellucidError) -> Montage? {
    let own = clusters.subjects.indices.filter { clusters.clustering.clusters[$0] == cluster }
    for place in own {
      let subject = study.data.subjects[clusters.subjects[place]]
      guard let record = subject.results[method]?.stored.record, let path = record.scan.first?.name,
        let anatomy = try? Volume(contentsOf: path, nan: .zero), anatomy.channels == 1
      else { continue }
      var options = MontageOptions()
      options.title = "Cluster \(cluster + 1) · \(method)"
      options.subtitle =
        "mean map of \(own.count) of \(clusters.subjects.count) scans, on the scan of \(subject.name)"
        + (clusters.grid.isStandard ? " in MNI space" : "")
      options.label = "relevance"
      if record.measure == .regional { options.interpolation = .nearest }
      return try Montage(anatomy: clusters.grid.beside(place, anatomy), overlay: mean, options: options)
    }
    return nil
  }

  // MARK: Provenance

  private var provenance: JSONValue {
    let options = study.options
    var clusters: [JSONValue] = []
    for method in study.data.methods {
      guard let found = study.clusters[method] else { continue }
      let own = found.clustering
      clusters.append([
        "method": .string(method), "neighbours": .integer(own.neighbours), "clusters": .integer(own.count),
        "space": .string(found.grid.isStandard ? "MNI, 2 mm" : "the maps' own grid"),
        "eigenvalues": .array(own.eigenvalues.prefix(20).map { .number($0) }),
      ])
    }
    return [
      "pellucid": .string(pellucidVersion), "results": .strings(study.folders), "subjects": .string(study.table),
      "scans": .integer(study.data.subjects.count), "by": .string(options.measure.rawValue),
      "covariates": .strings(study.covariates.covariates.map(\.name)), "methods": .strings(study.data.methods),
      "correlation": "Spearman; q: Benjamini and Hochberg over the regions and shares of a method and covariate",
      "prediction":
        "regions that all scans have, standardized; ridge (penalty 1) or logistic regression (C 1), folds of participants",
      "permutations": .integer(options.permutations), "seed": .integer(Int(clamping: options.seed)),
      "cell_mm": .number(options.cell), "clustering": .array(clusters),
      "notes": .array(study.notes.map { ["what": .string($0.what), "how": .string($0.how)] }),
    ]
  }
}
