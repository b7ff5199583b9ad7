import ArgumentParser
import PellucidCohorts
import PellucidFaults

struct EvaluateCriteria: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "criteria",
    abstract: "Puts what runs have measured of methods into one table of criteria.",
    discussion: """
      From the folders of explain and of the other commands of evaluate; the network is asked nothing. For example:

        pellucid evaluate criteria results faithful sanity robust quality --out criteria

      criteria.tsv has a line a method: detail_mm (width of the map's autocorrelation), class_discrimination (1 - Spearman of \
      |R| with the map of another class), effort_passes (over the network, forward and backward, a map) and effort_seconds (of \
      the run that made the map; how many threads it had, its record says), agnosticism_needs (what a network must have), fidelity_srg, \
      randomization (the verdict), consistency (Spearman of |R| under noise, contrast and bias field), plausibility \
      (mean relevance mass in known truth, over plausibility_n scans of evaluate truth). What no run measured is n/a; intuitiveness and usefulness ask people, and stay empty.
      """)

  @Argument(help: ArgumentHelp("Folders of runs.", valueName: "folder"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "Only these methods, in this order, as the runs' tables call them (default: all).", valueName: "method[,method]"))
  var method: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for the table; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  func run() throws {
    var table = try CriteriaTable(runs: runs)
    if let method { table = try table.only(method) }
    try table.write(to: out.path)
    try StandardOutput.write(table.tsv, terminator: "")
    try StandardOutput.write(out.prefix + CriteriaTable.name)
  }
}
