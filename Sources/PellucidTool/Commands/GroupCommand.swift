import ArgumentParser
import PellucidCohorts
import PellucidFaults

struct GroupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group",
    abstract: "Compares groups of a cohort, region by region.",
    discussion: """
      For what pellucid cohort wrote with an atlas. For example:

        pellucid group derivatives --compare AD,CN --covariates age,sex \\
          --by abs_share --out groups

      group_regions.tsv has a line a method and region: n, mean and standard deviation (n - 1) of both groups, their \
      difference with its interval of 95 % (Welch), gain (mean_A / mean_B), Cohen's d (pooled), p, q (false discovery \
      rate over the method's regions, Benjamini and Hochberg) and the correlation of the positive relevance with the \
      region's volume, where subjects have segmentations of their own or --volumes gives them.

      p is Welch's; with --covariates that of the group in a linear model; with --permutations (b + 1)/(N + 1), b being \
      how many of N permutations of the labels have a |t| as large (with covariates after Freedman and Lane), and p_fwe \
      the same against the largest |t| of all regions.

      Where the maps of all lie on one grid, their means (group_METHOD_mean_A.nii.gz, _mean_B) and difference are \
      written, and with --voxelwise t, TFCE (E 0.5, H 2, 6 neighbours, 100 steps, as FSL's and nilearn's) and p.

      Also written: group_performance.tsv (how well the network tells the groups apart, where they are called like its \
      classes), group_effects.png, group.json. A region's relevance is not its pathology: it says what made this network \
      decide.
      """)

  @Argument(help: ArgumentHelp("The folder that pellucid cohort wrote.", valueName: "derivatives"))
  var derivatives: String

  @Option(
    help: ArgumentHelp(
      "The two groups, the first against the second (default: the two that there are).", valueName: "a,b"))
  var compare: String?

  @Option(help: ArgumentHelp("What of each region is compared.", valueName: "column"))
  var by: GroupStudy.Measure = .sum

  @Option(
    help: ArgumentHelp(
      "What makes groups: the table's column group, the network's prediction, or both as TP, TN, FP, FN.",
      valueName: "what"))
  var groups: GroupStudy.Grouping = .label

  @Option(parsing: .unconditional, help: ArgumentHelp("The positive class of --groups outcome.", valueName: "class"))
  var positive: String?

  @Option(
    help: ArgumentHelp(
      "Columns of participants.tsv that are regressed out; words become ones and zeros.", valueName: "name[,name]"))
  var covariates: String?

  @Option(
    help: ArgumentHelp(
      "Two visits to be compared in the same participants, the first against the second.", valueName: "a,b"))
  var sessions: String?

  @Flag(help: "Compare what left regions have more than their right counterparts.")
  var asymmetry = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Permutations of the labels (default: 0, p by the t distribution).", valueName: "n"))
  var permutations = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Bootstrap samples for an interval of each difference that holds 95 % (0: Welch's alone).", valueName: "n"))
  var bootstrap = 0

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of permutations and bootstrap.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "A table of the regions' volumes: participant_id and a column a region, or participant_id, region and volume.",
      valueName: "tsv"))
  var volumes: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  @Flag(
    help:
      "Compare the maps voxel by voxel too, where they lie on one grid: t, TFCE, and with --permutations their family-wise p."
  )
  var voxelwise = false

  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if !(0...1_000_000).contains(permutations) {
      throw ValidationError("--permutations \(permutations) is not between 0 and 1000000")
    }
    if !(0...1_000_000).contains(bootstrap) {
      throw ValidationError("--bootstrap \(bootstrap) is not between 0 and 1000000")
    }
    if groups == .outcome, compare == nil {
      throw ValidationError("--groups outcome needs --compare, such as TP,FN")
    }
  }

  func run() throws {
    var options = GroupStudy.Options()
    options.measure = by
    options.grouping = groups
    options.positive = positive
    options.compared = try compare.map { (text) throws(PellucidError) in try Self.two(text, "compare") }
    options.sessions = try sessions.map { (text) throws(PellucidError) in try Self.two(text, "sessions") }
    options.covariates = covariates?.split(separator: ",").map(String.init) ?? []
    options.permutations = permutations
    options.bootstrap = bootstrap
    options.seed = seed
    options.volumes = volumes
    options.asymmetry = asymmetry
    options.voxelwise = voxelwise
    let study = try GroupStudy(DerivativesFolder(derivatives), options)
    threads.apply()
    let (names, notes) = try GroupReport(study).write(to: out.path)
    StandardError.tell(study.notes + notes, of: derivatives)
    for line in summary(of: study) { try StandardOutput.write(line) }
    for name in names { try StandardOutput.write("  " + out.prefix + name) }
  }

  private static func two(_ text: String, _ option: String) throws(PellucidError) -> (String, String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), parts[0] != parts[1] else {
      throw .twoNames(option, text)
    }
    return (parts[0], parts[1])
  }

  /// What was found, in a line a method.
  private func summary(of study: GroupStudy) -> [String] {
    var methods: [String] = []
    for row in study.rows where !methods.contains(row.method) { methods.append(row.method) }
    return methods.map { method in
      let rows = study.rows.filter { $0.method == method }
      let found = rows.filter { ($0.q ?? 1) <= 0.05 }.sorted { ($0.q ?? 1) < ($1.q ?? 1) }
      let named = found.prefix(5).map(\.region).joined(separator: ", ") + (found.count > 5 ? ", …" : "")
      return
        "\(method): \(study.names.0) and \(study.names.1) differ in \(found.count) of \(rows.count) regions (q ≤ 0.05)"
        + (found.isEmpty ? "" : ": " + named)
    }
  }
}
