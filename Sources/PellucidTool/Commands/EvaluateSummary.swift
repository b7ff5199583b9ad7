import ArgumentParser
import PellucidCohorts
import PellucidEvaluation
import PellucidFaults
import PellucidTables

struct EvaluateSummary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Joins what several runs of evaluate truth measured.",
    discussion: """
      Where slow methods were run apart from fast ones, or a method was added later. For example:

        pellucid evaluate summary fast/truth_subjects.tsv slow/truth_subjects.tsv --out all

      The folder gets truth_summary.tsv and truth_summary.png. All methods must have been measured on the same scans; \
      what two tables tell of the same scan and method must agree.
      """)

  @Argument(help: ArgumentHelp("The runs' truth_subjects.tsv.", valueName: "table"))
  var tables: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  @OptionGroup var threads: ThreadOption

  func run() throws {
    let summary = try TruthSummary(joining: tables)
    try summary.write(to: out.path)
    try StandardOutput.write(TruthMeans.table(of: summary))
    for name in [TruthReport.Names.summary, TruthReport.Names.picture] { try StandardOutput.write(out.prefix + name) }
  }
}

/// A summary's means in columns, for reading on a terminal.
enum TruthMeans {
  static func table(of summary: TruthSummary) -> String {
    let metrics = summary.metrics
    var lines = [["method"] + metrics.map(\.name) + ["seconds"]]
    for method in summary.methods {
      let means = metrics.map { summary.spread($0, of: method).mean } + [summary.seconds(of: method)]
      lines.append([method] + means.map { $0.map { FixedPoint.text($0, digits: 3) } ?? "n/a" })
    }
    return TextColumns.table(lines)
  }
}
