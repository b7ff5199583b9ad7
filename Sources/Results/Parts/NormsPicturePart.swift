internal import PellucidAtlases
internal import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidTables

/// The regions that lie furthest from a reference group, as bars of their z.
struct NormsPicturePart: ResultPart {
  let role = "norms_picture"
  let ending = "_norms.png"
  private let chart: BarChart

  /// How many regions it shows.
  private static let most = 30

  static func parts(of result: DrawnResult) throws(PellucidError) -> [NormsPicturePart] {
    let explanation = result.explanation
    guard let norms = explanation.norms, let rows = explanation.table?.rows else { return [] }
    let compared = rows.filter { $0.normPercentile != nil }
    let bars = compared.compactMap { row -> BarChart.Bar? in
      guard let name = row.region?.name, let z = row.normZ, let percentile = row.normPercentile else { return nil }
      return BarChart.Bar(name: "\(name) (\(NumberText.significant(percentile, digits: 3)))", value: z)
    }
    guard !bars.isEmpty else { return [] }
    let shown = BarChart.top(most, of: bars)
    let beyond = bars.count { $0.value.magnitude > 2 }
    var options = ChartOptions()
    options.title = "\(explanation.title) · against \(norms.group)"
    options.subtitle =
      "against \(norms.words); the \(shown.count) regions furthest from them, of \(bars.count). Beyond ±2: \(beyond), "
      + "where about \(NormReferences.expected(of: bars.count)) are by chance alone. "
      + "In brackets the percentile, which \(norms.count) references tell in steps of \(norms.step)"
    options.label = "z: standard deviations from what the references lead to expect"
    return [NormsPicturePart(chart: try BarChart(shown, options: options))]
  }

  func write(to path: String) throws(PellucidError) { try AtomicFile.write(chart.png(), to: path) }
}
