import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaithfulness
import PellucidFaults
import PellucidTables
import PellucidVolumes

struct EvaluateRandomization: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "randomization",
    abstract: "Asks whether maps change when the network's weights do.",
    discussion: """
      A method whose map stays when the network has forgotten everything does not explain the network. Weights are \
      permuted in a copy, layer by layer, and maps are compared with the network's own. For example:

        pellucid evaluate randomization patient.nii.gz --model cnn.onnx \\
          --method lrp,grad-cam,guided-backprop --target AD --out sanity

      randomization.tsv has a line a scan, method and step: layer and depth (from the output, 1 the last layer; 0: no \
      layer, but noise of 1 % of the range on the scan), Spearman of |R|, SSIM of |R|/max|R|, Pearson of R, the change of \
      the score, and the method's verdict. Where the network no longer depends on the scan, likeness is n/a. \
      "random-logit" compares with the map of another class.

      The verdict, by Spearman over the head alone (spearman_head) at the last step at which the network still depends on \
      the scan: "follows the weights" below half of what noise alone leaves, "does not follow the weights" above 0.8 of it, \
      else "cannot be told".

      With --samples, maps are means over noisy copies of the scan (smooth MPRT), so that noise in maps counts less. \
      What misleads: docs/evaluation.md.
      """)

  @Argument(help: ArgumentHelp("Scans (NIfTI, Analyze or .mgz).", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Methods and results") var work: Work
  @OptionGroup(title: "What is explained") var target: EvaluationTarget
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var jobs: JobsOption

  struct Work: ParsableArguments {
    @OptionGroup var methods: VariantChoice

    @Option(help: ArgumentHelp("In which order layers lose their weights.", valueName: "order"))
    var order: RandomizationStudy.Order = .cascade

    @Option(
      parsing: .unconditional, help: ArgumentHelp("Noisy copies of the scan whose maps are averaged.", valueName: "n"))
    var samples = 1

    @Flag(help: "Only all layers at once, and how much the map's entropy grows (complexity_rise).")
    var efficient = false

    @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
    var seed = 0

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath
  }

  func run() throws {
    threads.apply()
    memory.apply()
    let variants = try work.methods.variants()
    if variants.isEmpty { throw PellucidError.methodsMissing("evaluate randomization") }
    guard (1...10_000).contains(work.samples) else {
      throw PellucidError.whole("samples", work.samples, "from 1 to 10000")
    }
    guard work.seed >= 0 else { throw PellucidError.whole("seed", work.seed, "of at least 0") }
    var options = RandomizationStudy.Options()
    (options.order, options.samples, options.seed) = (work.order, work.samples, work.seed)
    options.isEfficient = work.efficient
    options.score = target.score ?? .probability
    let study = RandomizationStudy(
      try target.explainer(model, atlas, nan, methods: variants), scans: images.map(ScanReference.init),
      variants: variants, options: options)
    let results = try Bars.during(jobs) { (jobs, progress) throws(PellucidError) in
      try study.run(
        jobs: jobs,
        told: { maps, layers in
          StandardError.write(
            "pellucid: note: \(layers) layers have weights; each method makes \(maps) maps of a scan")
        }, progress: progress)
    }
    try RandomizationReport(study, results).write(to: work.out.path)
    StandardError.tell(results.notes)
    try StandardOutput.write(Self.table(of: results, order: options.order.rawValue))
    for name in [RandomizationReport.Names.table, RandomizationReport.Names.picture] {
      try StandardOutput.write(work.out.prefix + name)
    }
  }

  /// A line a scan and method.
  private static func table(of results: RandomizationStudy.Results, order: String) -> String {
    var lines = [["method", "same scan", "last step", "other class", "verdict"]]
    var seen: [[String]] = []
    for row in results.rows where !seen.contains([row.image, row.method]) {
      seen.append([row.image, row.method])
      let own = results.rows.filter { $0.image == row.image && $0.method == row.method }
      let text = { (row: RandomizationStudy.Row?) in NumberText.significant(row?.inHead, digits: 2) }
      lines.append([
        row.method, text(own.first), text(own.last { $0.order == order }),
        text(own.first { $0.order == "random-logit" }), row.verdict.rawValue,
      ])
    }
    return TextColumns.table(lines)
  }
}

extension PellucidError {
  static func methodsMissing(_ command: String) -> Self {
    .init(.usage, what: "\(command) needs --method <name[,name]>", remedy: "see pellucid methods")
  }
}
