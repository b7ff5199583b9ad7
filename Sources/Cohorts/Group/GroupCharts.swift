internal import PellucidFaults
internal import PellucidFigures
internal import PellucidStatistics

/// Pictures of a comparison of groups, a method each: differences with their intervals, and every scan against the second group.
struct GroupCharts {
  private let study: GroupStudy

  init(_ study: GroupStudy) { self.study = study }

  /// How many regions a picture has.
  private static let most = 30
  /// How many scans of a group stand in the fingerprints' picture.
  private static let mostScans = 20

  private func rows(_ method: String) -> [GroupStudy.Row] { study.rows.filter { $0.method == method } }

  /// The regions that differ most, by their effect.
  private func largest(_ method: String) -> [GroupStudy.Row] {
    let rows = rows(method).filter { $0.effect != nil && $0.low != nil }
    let ranked = rows.sorted {
      ($1.effect?.magnitude ?? 0, $0.region) < ($0.effect?.magnitude ?? 0, $1.region)
    }
    return Array(ranked.prefix(Self.most))
  }

  /// The differences of the groups with the interval that holds 95 %; nil where nothing varies.
  func differences(_ method: String) throws(PellucidError) -> BarChart? {
    let largest = largest(method).sorted { ($1.difference ?? 0, $0.region) < ($0.difference ?? 0, $1.region) }
    guard !largest.isEmpty else { return nil }
    let isDrawn = study.options.bootstrap > 0
    var options = ChartOptions()
    options.title = "\(study.names.0) − \(study.names.1) · \(method)"
    options.subtitle =
      "\(study.options.measure.rawValue), the \(largest.count) regions that differ most of \(rows(method).count); lines: 95 % "
      + (isDrawn ? "of \(study.options.bootstrap) bootstrap samples" : "by Welch's standard error") + "; * q ≤ 0.05"
    options.label = "difference"
    return try BarChart(
      largest.map { row in
        let ends = isDrawn ? row.bootstrap : row.low.flatMap { low in row.high.map { (low, $0) } }
        return BarChart.Bar(
          name: row.region + ((row.q ?? 1) <= 0.05 ? " *" : ""), value: row.difference ?? .nan,
          interval: ends.flatMap { $0.0 <= $0.1 ? $0.0...$0.1 : nil })
      }, options: options)
  }

  /// Each scan's regions in standard deviations from the second group's mean: where one patient is unlike it, and how.
  ///
  /// - Source: individual fingerprints after Böhle et al. 2019, doi:10.3389/fnagi.2019.00194.
  func fingerprints(_ method: String) throws(PellucidError) -> HeatMap? {
    let largest = largest(method)
    let reference = Dictionary(
      uniqueKeysWithValues: largest.compactMap { row in
        row.groups.b.mean.flatMap { mean in row.groups.b.standardDeviation.map { (row.region, (mean, $0)) } }
      }.filter { $0.1.1 > 0 })
    let regions = largest.map(\.region).filter { reference[$0] != nil }
    guard !regions.isEmpty else { return nil }
    let groups = [true, false].map { isA in study.members.filter { $0.isA == isA } }
    let shown = groups.flatMap { $0.prefix(Self.mostScans) }
    let values = regions.map { region -> [Double] in
      let cells = Dictionary(study.measured(method, region).map { ($0.visit, $0.value) }) { first, _ in first }
      return shown.map { member in
        guard let value = cells[member.visit], let (mean, deviation) = reference[region] else { return .nan }
        return (value - mean) / deviation
      }
    }
    var options = ChartOptions()
    options.title = "Fingerprints · \(method)"
    let all = groups.map(\.count)
    let counts = groups.map { min($0.count, Self.mostScans) }
    let cut = zip(all, counts).contains { $0 > $1 } ? ", the first \(Self.mostScans) of each" : ""
    options.subtitle =
      "each scan against \(study.names.1) (n = \(all[1])), \(study.options.measure.rawValue); left \(study.names.0), right \(study.names.1)\(cut); colours end at 4"
    options.label = "standard deviations from \(study.names.1)'s mean"
    options.limit = 4
    options.width = 160
    return try HeatMap(
      rows: regions, columns: shown.map { study.data.visits[$0.visit].name }, values: values, options: options)
  }
}
