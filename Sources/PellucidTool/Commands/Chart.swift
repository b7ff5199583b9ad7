import ArgumentParser
import PellucidFaults
import PellucidFigures
import PellucidTables

struct Chart: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws region tables: bars, methods × regions, relevance against volume.",
    discussion: """
      For example, the regions that matter most; two methods side by side; whether relevance is only a matter of size:

        pellucid chart results/p_lrp_regions.tsv --out bars.png
        pellucid chart LRP=results/p_lrp_regions.tsv \\
          Grad-CAM=results/p_grad-cam_regions.tsv --out methods.pdf
        pellucid chart results/p_lrp_regions.tsv --kind scatter --out size.svg

      Tables are those of explain --atlas and of regions. The row "outside" is left out.
      """)

  @Argument(help: ArgumentHelp("Region tables (TSV).", valueName: "[name=]table"))
  var tables: [String]

  @Option(
    help: ArgumentHelp(
      "bars, heatmap or scatter (default: bars for one table, heatmap for several).", valueName: "kind"))
  var kind: String?

  @Option(
    help: ArgumentHelp(
      "The column that is drawn (default: mean; abs_share for scatter).", valueName: "column"))
  var column: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Regions shown, those of largest magnitude (default: 20; 30 for heatmap; all in scatter, of which 12 are named).",
      valueName: "n"))
  var top: Int?

  @Option(
    help: ArgumentHelp(
      "heatmap: own (every table divided by its largest magnitude, as for methods of different units) or shared.",
      valueName: "which"))
  var scale = "own"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The value at the end of the scale (default: the largest).", valueName: "value"))
  var limits: Double?

  @Flag(
    help:
      "scatter: both axes in powers of ten, for atlases of very small and very large regions; regions without relevance are left out."
  )
  var log = false

  @Option(help: ArgumentHelp("Colours of bars and cells, a diverging map as in montage.", valueName: "name"))
  var colormap: String?

  @OptionGroup(title: "Picture") var picture: PictureOptions

  private enum Kind: String, CaseIterable { case bars, heatmap, scatter }

  func run() throws {
    let kind = try chosenKind()
    guard ["own", "shared"].contains(scale) else {
      throw PellucidError.choice("scale", scale, among: ["own", "shared"])
    }
    if let top, !(1...500).contains(top) { throw PellucidError.top(top) }
    if log, kind != .scatter { throw PellucidError.logOfScatter(kind.rawValue) }
    if kind != .heatmap, tables.count > 1 { throw PellucidError.oneTable(kind.rawValue, count: tables.count) }
    _ = try picture.format()
    var options = ChartOptions()
    options.title = picture.title
    options.subtitle = picture.subtitle
    options.dotsPerInch = picture.dpi
    options.limit = limits
    if let page = try picture.page() { options.background = page }
    if let width = picture.width { options.width = width }
    if let colormap { options.colourMap = try ColourMap.named(colormap) }
    let files = tables.map { NamedFile($0) }
    let loaded = try files.map { try Self.table($0.path) }
    switch kind {
    case .bars: try drawBars(loaded[0], options)
    case .heatmap: try drawHeatMap(loaded, names: Self.names(of: files), options)
    case .scatter: try drawScatter(loaded[0], options)
    }
  }

  private func chosenKind() throws(PellucidError) -> Kind {
    guard let kind else { return tables.count > 1 ? .heatmap : .bars }
    guard let found = Kind(rawValue: kind) else { throw .choice("kind", kind, among: Kind.allCases.map(\.rawValue)) }
    return found
  }

  /// The names of tables: those given, or the files' own without what they all begin and end with.
  private static func names(of files: [NamedFile]) -> [String] {
    guard files.count > 1, files.allSatisfy({ $0.name == nil }) else { return files.map(\.shown) }
    let parts = files.map { $0.shown.split(separator: "_", omittingEmptySubsequences: false) }
    let shortest = parts.map(\.count).min() ?? 0
    let first = (0..<shortest).prefix { place in Set(parts.map { $0[place] }).count == 1 }.count
    let last = (0..<shortest).prefix { place in Set(parts.map { $0[$0.count - 1 - place] }).count == 1 }.count
    guard first + last < shortest else { return files.map(\.shown) }
    return parts.map { $0.dropFirst(first).dropLast(last).joined(separator: "_") }
  }

  private static func table(_ path: String) throws(PellucidError) -> Table {
    let wanted = "a region table, as pellucid regions writes it"
    let table = try Table(contentsOf: path, wanted: wanted)
    try table.checkRows(wanted: wanted)
    return table
  }

  /// Regions with a number in a column.
  private func values(_ table: Table, _ column: String) throws(PellucidError) -> [(name: String, value: Double)] {
    let names = try table.texts("name")
    return zip(names, try table.numbers(column)).compactMap { name, value in
      name == "outside" ? nil : value.map { (name ?? Table.missing, $0) }
    }
  }

  private func drawBars(_ table: Table, _ options: ChartOptions) throws(PellucidError) {
    var options = options
    let column = column ?? "mean"
    options.label = picture.label ?? Self.words(for: column, unit: table.path.flatMap(MapUnit.of))
    let bars = try values(table, column).map { BarChart.Bar(name: $0.name, value: $0.value) }
    try picture.write(try BarChart(BarChart.top(top ?? 20, of: bars), options: options))
  }

  private func drawHeatMap(_ tables: [Table], names: [String], _ options: ChartOptions) throws(PellucidError) {
    var options = options
    let column = column ?? "mean"
    var order: [String] = []
    var columns: [[String: Double]] = []
    var strongest: [String: Double] = [:]
    for table in tables {
      let found = try values(table, column)
      let largest = found.map(\.value.magnitude).max() ?? 0
      let unit = scale == "own" && largest > 0 ? largest : 1
      columns.append([:])
      for (name, value) in found {
        if strongest[name] == nil { order.append(name) }
        columns[columns.count - 1][name] = value / unit
        // Whatever the scale of the cells, regions are chosen by what each method finds strong.
        strongest[name] = max(strongest[name] ?? 0, largest > 0 ? value.magnitude / largest : 0)
      }
    }
    let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    func rank(_ name: String) -> (Double, Int) { (-(strongest[name] ?? 0), places[name] ?? 0) }
    let rows = order.sorted { rank($0) < rank($1) }.prefix(top ?? 30)
    let unit = scale == "own" ? nil : MapUnit.shared(by: tables.compactMap(\.path))
    options.label =
      picture.label
      ?? (scale == "own"
        ? Self.words(for: column) + ", part of the column's largest" : Self.words(for: column, unit: unit))
    let cells = rows.map { row in columns.map { $0[row] ?? .nan } }
    try picture.write(try HeatMap(rows: Array(rows), columns: names, values: cells, options: options))
  }

  private func drawScatter(_ table: Table, _ options: ChartOptions) throws(PellucidError) {
    var options = options
    let column = column ?? "abs_share"
    let isShare = column == "abs_share"
    options.label =
      picture.label
      ?? (isShare ? Self.words(for: column) + ", %" : Self.words(for: column, unit: table.path.flatMap(MapUnit.of)))
    let (names, volumes) = (try table.texts("name"), try table.numbers("volume_mm3"))
    var points: [ScatterChart.Point] = []
    for (index, value) in try table.numbers(column).enumerated() {
      guard names[index] != "outside", let value, let volume = volumes[index] else { continue }
      points.append(.init(name: names[index] ?? Table.missing, x: volume / 1000, y: isShare ? 100 * value : value))
    }
    // The line of equal relevance by volume: above it a region holds more than its size alone would give it.
    let (sum, size) = points.reduce((0.0, 0.0)) { ($0.0 + $1.y, $0.1 + $1.x) }
    let hasTrend = ["abs_share", "abs_sum"].contains(column) && size > 0
    if hasTrend, options.subtitle == nil {
      options.subtitle = "The line: relevance in proportion to volume, as much as all regions hold together"
    }
    try picture.write(
      try ScatterChart(
        points, axis: "volume of the region, cm³", slope: hasTrend ? sum / size : nil, named: top ?? 12,
        isLogarithmic: log, options: options))
  }

  /// What a column of a region table is, in words, with its unit; those of the map are the score's.
  private static func words(for column: String, unit: String?) -> String {
    let isRelevance =
      ["mean", "sum", "sd", "abs_sum", "positive_sum", "negative_sum", "peak_value", "min", "max", "p95", "score_drop"]
      .contains(column)
    return isRelevance ? MapUnit.label(words(for: column), unit) : words(for: column)
  }

  /// What a column of a region table is, in words.
  private static func words(for column: String) -> String {
    let words = [
      "mean": "mean relevance", "sum": "sum of relevance", "abs_sum": "sum of |R|", "abs_share": "share of all |R|",
      "positive_sum": "sum of positive relevance", "negative_sum": "sum of negative relevance",
      "peak_value": "peak relevance", "max": "largest relevance", "min": "smallest relevance",
      "p95": "95th percentile of relevance", "sd": "standard deviation of relevance",
      "score_drop": "drop of the score without the region", "volume_mm3": "volume, mm³",
    ]
    return words[column] ?? column
  }
}
