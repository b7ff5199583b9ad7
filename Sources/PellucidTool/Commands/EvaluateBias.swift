import ArgumentParser
import PellucidCohorts
import PellucidFaults

struct EvaluateBias: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bias",
    abstract: "Asks whether a cohort's maps know age, sex, site or scanner.",
    discussion: """
      A network that tells the scanner from the background, or sex from the size of the head, shows it in its maps. For \
      example, of what pellucid cohort wrote:

        pellucid evaluate bias derivatives --covariates age,sex,site \\
          --out bias

      or of what pellucid explain wrote, with a table of participant_id (or image) and covariates:

        pellucid evaluate bias results --subjects subjects.tsv --out bias

      bias_subjects.tsv has a line a scan and method: the parts of |relevance| outside the head and outside all regions, and \
      the cluster of its map. bias_covariates.tsv has Spearman's correlation of each region and of these parts with each \
      covariate, and its false discovery rate. bias_prediction.tsv says how well each covariate is foretold from relevance \
      alone, by participants that the line was not fitted to. Clusters (SpRAy) are of maps averaged over cells, in MNI space where they \
      lie on several grids (by --atlas-transform of the run that made them, else by the scans' place in the world): their mean maps, pictures, and what their members have in common (bias_clusters.tsv).

      A correlation is no proof: age changes the brain, and a map may follow it rightly. What to make of it: \
      docs/evaluation.md.
      """)

  @Argument(help: ArgumentHelp("Folders of results, with the folders below.", valueName: "folder"))
  var folders: [String]

  @Option(
    help: ArgumentHelp(
      "A table of the subjects: participant_id or image, and covariates (default: the folder's participants.tsv).",
      valueName: "tsv"))
  var subjects: String?

  @Option(help: ArgumentHelp("Columns of that table (default: all covariates).", valueName: "name[,name]"))
  var covariates: String?

  @Option(help: ArgumentHelp("What of each region is looked at.", valueName: "column"))
  var by: GroupStudy.Measure = .absShare

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many clusters of maps (default: by the largest gap of the eigenvalues).", valueName: "n"))
  var clusters: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Edges of the cells over which maps are averaged before they are clustered.", valueName: "mm"))
  var cell = 8.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Shuffles for the p of what foretells a covariate (0: no p).", valueName: "n"))
  var permutations = 0

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of folds, shuffles and clusters.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  @OptionGroup var threads: ThreadOption

  func validate() throws {
    if let clusters, !(1...100).contains(clusters) {
      throw ValidationError("--clusters \(clusters) is not between 1 and 100")
    }
    if !(cell > 0 && cell <= 100) { throw ValidationError("--cell \(cell) is not between 0 and 100 mm") }
    if !(0...100_000).contains(permutations) {
      throw ValidationError("--permutations \(permutations) is not between 0 and 100000")
    }
  }

  func run() throws {
    threads.apply()
    var options = BiasStudy.Options()
    options.subjects = subjects
    options.covariates = covariates?.split(separator: ",").map(String.init) ?? []
    options.measure = by
    (options.cell, options.clusters) = (cell, clusters)
    (options.permutations, options.seed) = (permutations, seed)
    let study = try BiasStudy(folders, options)
    let names = try BiasReport(study).write(to: out.path)
    StandardError.tell(study.notes)
    for line in study.summary { try StandardOutput.write(line) }
    for name in names { try StandardOutput.write("  " + out.prefix + name) }
  }
}
