public import PellucidEvaluation
public import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidTables

/// What the numbers of subjects and methods come to: a line a method, and a chart.
public struct TruthSummary: Sendable {
  /// A method's numbers for a subject.
  struct Line: Sendable {
    var subject, method: String
    var values: [TruthMetric: Double]
    var seconds: Double?
    /// What was measured, also where it is not defined; tables of former versions have fewer columns.
    var measured = TruthMetric.all
  }

  private let lines: [Line]
  /// The methods, in the order in which they came.
  public let methods: [String]
  /// How many subjects there are.
  public let subjects: Int

  private init(_ lines: [Line]) {
    self.lines = lines
    var names: [String] = []
    for line in lines where !names.contains(line.method) { names.append(line.method) }
    methods = names
    subjects = Set(lines.map(\.subject)).count
  }

  /// The summary of a study.
  public init(_ results: TruthStudy.Results) {
    self.init(
      results.rows.map { row in
        let values = TruthMetric.all.compactMap { metric in row.scores[metric].map { (metric, $0) } }
        return Line(
          subject: row.subject, method: row.method, values: Dictionary(uniqueKeysWithValues: values),
          seconds: row.seconds)
      })
  }

  /// The summary of tables that studies of the same subjects by different methods have written.
  ///
  /// - Throws: `.badData` for what is no such table, a method that two tables tell differently of a subject, or methods that were not
  ///   measured on the same subjects: their means could not be compared.
  public init(joining paths: [String]) throws(PellucidError) {
    var lines: [Line] = []
    var places: [String: Int] = [:]
    for path in paths {
      for line in try Self.lines(of: path) {
        let key = line.subject + "\t" + line.method
        guard let place = places[key] else {
          places[key] = lines.count
          lines.append(line)
          continue
        }
        for metric in line.measured {
          let (one, other) = (lines[place].values[metric], line.values[metric])
          guard lines[place].measured.contains(metric) else {
            lines[place].measured.append(metric)
            lines[place].values[metric] = other
            continue
          }
          if one == nil, other == nil { continue }
          guard let one, let other, abs(one - other) <= 1e-6 * max(1, abs(one)) else {
            throw .truthTablesDisagree(path, subject: line.subject, method: line.method, metric: metric.name)
          }
        }
      }
    }
    self.init(lines)
    let all = Set(lines.map(\.subject))
    for method in methods {
      let missing = all.subtracting(lines.filter { $0.method == method }.map(\.subject))
      if let first = missing.min() { throw .truthSubjectMissing(method, first, count: missing.count, of: all.count) }
    }
  }

  private static func lines(of path: String) throws(PellucidError) -> [Line] {
    do {
      let table = try Table(contentsOf: path)
      try table.checkRows()
      let (subjects, methods) = (try table.texts("subject"), try table.texts("method"))
      let metrics = TruthMetric.all.filter { table.place(of: $0.name) != nil }
      var values: [[Double?]] = []
      for metric in metrics { values.append(try table.numbers(metric.name)) }
      let seconds = table.place(of: "seconds") == nil ? nil : try table.numbers("seconds")
      return subjects.indices.map { row in
        var line = Line(
          subject: subjects[row] ?? Table.missing, method: methods[row] ?? Table.missing, values: [:],
          seconds: seconds?[row], measured: metrics)
        for (metric, column) in zip(metrics, values) { line.values[metric] = column[row] }
        return line
      }
    } catch {
      throw .truthTable(
        path,
        why: [error.place.part, error.why.isEmpty ? error.what : error.why].compactMap(\.self).joined(separator: ": "))
    }
  }

  /// A method's numbers over the subjects.
  public func spread(_ metric: TruthMetric, of method: String) -> Spread {
    Spread(lines.filter { $0.method == method }.map { $0.values[metric] })
  }

  /// Mean seconds of a method.
  public func seconds(of method: String) -> Double? {
    Spread(lines.filter { $0.method == method }.map(\.seconds)).mean
  }

  /// The numbers that any subject has.
  public var metrics: [TruthMetric] {
    TruthMetric.all.filter { metric in lines.contains { $0.values[metric] != nil } }
  }

  /// Writes table and chart into a folder, both or none; the folder is made if it is missing.
  public func write(to folder: String) throws(PellucidError) {
    let files = try FileSet(folder: folder)
    try add(to: files)
    try files.commit()
  }

  func add(to files: FileSet) throws(PellucidError) {
    try files.add(tsv, as: TruthReport.Names.summary)
    try files.add(try chart().png(), as: TruthReport.Names.picture)
  }

  /// A line a method: mean, sample standard deviation and count of every number.
  var tsv: String {
    var columns: [Table.Column] = [
      .text("method", methods), .whole("subjects", methods.map { method in lines.count { $0.method == method } }),
    ]
    for metric in TruthMetric.all {
      let spreads = methods.map { spread(metric, of: $0) }
      columns.append(.number("\(metric.name)_mean", spreads.map(\.mean)))
      columns.append(.number("\(metric.name)_sd", spreads.map(\.sampleDeviation)))
      columns.append(.whole("\(metric.name)_n", spreads.map(\.count)))
    }
    columns.append(.number("seconds_mean", methods.map { seconds(of: $0) }, digits: 4))
    return Table(columns).tsv
  }

  /// The means of the numbers between 0 and 1, methods by relevance rank, chance among them.
  func chart() throws(PellucidError) -> HeatMap {
    let shown = metrics.filter { $0.caption != nil }
    let rows = methods.map { method in (method, shown.map { spread($0, of: method).mean ?? .nan }) }
    let place = shown.firstIndex(of: .relevanceRank) ?? 0
    let ordered = rows.sorted { $0.1[place] > $1.1[place] }
    var options = ChartOptions()
    options.title = "Relevance in what was truly changed"
    options.subtitle =
      "mean of \(subjects) subject\(subjects == 1 ? "" : "s"); chance: a map that is even over the scan"
    options.label = "mean"
    options.limit = 1
    return try HeatMap(
      rows: ordered.map(\.0), columns: shown.compactMap(\.caption), values: ordered.map(\.1), options: options,
      decimals: 2)
  }
}
