public import PellucidFaults
internal import PellucidFiles
internal import PellucidTables

/// What a comparison of groups, or a search for bias, found: a section of the cohort's page.
public struct StudySection: Sendable {
  /// A table's first lines.
  private struct Lines: Sendable {
    var title: String
    var names: [String]
    var rows: [[String]]
    var all: Int
  }

  /// The pictures' paths.
  public let pictures: [String]
  private let title: String
  private let about: String
  private let tables: [Lines]

  /// Reads a folder that `group` or `evaluate bias` wrote.
  /// - Throws: `.badData` for another folder, or a damaged table.
  public init(_ folder: String) throws(PellucidError) {
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    let names = (FileContents.names(inFolder: folder) ?? []).sorted()
    func lines(_ name: String, _ title: String, _ columns: [String], by key: String? = nil) throws(PellucidError)
      -> Lines?
    {
      guard names.contains(name) else { return nil }
      let found = try Self.lines(start + name, title, columns, by: key)
      return found.rows.isEmpty ? nil : found
    }
    if names.contains("group.json"), let table = try? Table(contentsOf: start + "group_regions.tsv") {
      let (a, b) = (try table.texts("group_A").first ?? nil, try table.texts("group_B").first ?? nil)
      title = "\(a ?? "A") against \(b ?? "B")"
      about =
        "Groups of the cohort compared region by region; q is the false discovery rate over the regions of a method. A region's relevance is not its pathology."
      tables = [
        try lines(
          "group_performance.tsv", "How well the network tells them apart",
          ["measure", "value", "ci_low", "ci_high", "n"]),
        try lines(
          "group_regions.tsv", "Regions, the smallest p first",
          [
            "method", "region", "n_A", "n_B", "mean_A", "mean_B", "difference", "ci_low", "ci_high", "cohens_d", "p",
            "q",
          ], by: "p"),
      ].compactMap { $0 }
    } else if names.contains("bias.json") {
      title = "What maps know of the subjects"
      about =
        "Relevance against what is known of the subjects; q is the false discovery rate over the regions of a method and covariate. A correlation is no proof of bias: age changes the brain."
      tables = [
        try lines(
          "bias_prediction.tsv", "Foretold from relevance alone",
          ["method", "covariate", "n", "measure", "value", "chance", "p"]),
        try lines(
          "bias_covariates.tsv", "Regions, the smallest p first",
          ["method", "covariate", "region", "n", "spearman", "p", "q"], by: "p"),
        try lines(
          "bias_clusters.tsv", "Clusters of maps that are alike",
          ["method", "cluster", "n", "covariate", "mean", "mean_of_others"]),
      ].compactMap { $0 }
    } else {
      throw .noStudy(folder)
    }
    pictures = names.filter { $0.hasSuffix(".png") }.map { start + $0 }
  }

  /// How many lines of a table are shown.
  private static let most = 20

  private static func lines(
    _ path: String, _ title: String, _ columns: [String], by key: String?
  ) throws(PellucidError) -> Lines {
    let table = try Table(contentsOf: path)
    let names = columns.filter { table.place(of: $0) != nil }
    var cells: [[String?]] = []
    for name in names { cells.append(try table.texts(name)) }
    var order = Array(0..<table.rowCount)
    if let key, table.place(of: key) != nil {
      let values = try table.numbers(key).map { $0 ?? .infinity }
      order.sort { (values[$0], $0) < (values[$1], $1) }
    }
    let rows = order.prefix(most).map { row in
      cells.map { column -> String in
        guard let cell = column[row] else { return Table.missing }
        // Nine digits are for programs.
        guard let number = Double(cell), Int(cell) == nil else { return cell }
        return NumberText.significant(number, digits: 3)
      }
    }
    return Lines(title: title, names: names, rows: rows, all: table.rowCount)
  }

  /// The section, its pictures under these addresses.
  func html(pictures links: [String]) -> String {
    let escaped = FrontEnd.escaped
    var html =
      "<section class=\"panel study\" aria-label=\"\(escaped(title))\"><h2>\(escaped(title))</h2><p class=\"hint\">\(escaped(about))</p>\n"
    for table in tables {
      let cut = table.rows.count < table.all ? ", \(table.rows.count) of \(table.all) lines" : ""
      html += "<h3>\(escaped(table.title + cut))</h3><div class=\"scroll\"><table><thead><tr>"
      html += table.names.map { "<th scope=\"col\">\(escaped($0.replacing("_", with: " ")))</th>" }.joined()
      html += "</tr></thead><tbody>\n"
      for row in table.rows { html += "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n" }
      html += "</tbody></table></div>\n"
    }
    html += "<div class=\"pictures\">"
    for (link, path) in zip(links, pictures) {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      html +=
        "<a href=\"\(escaped(link))\"><img src=\"\(escaped(link))\" alt=\"\(escaped(name))\" loading=\"lazy\"></a>\n"
    }
    return html + "</div></section>\n"
  }
}

extension PellucidError {
  static func noStudy(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "it has neither group.json nor bias.json",
      remedy: "name a folder that pellucid group or evaluate bias wrote")
  }
}
