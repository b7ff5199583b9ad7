import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidEvaluation
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTables

struct EvaluateTruth: TakesMethodOptions {
  static let configuration = CommandConfiguration(
    commandName: "truth",
    abstract: "Measures how well methods find what was truly changed in scans.",
    discussion: """
      For scans in which it is known what was changed (simulated atrophy, implanted lesions): the share of |relevance| \
      inside it, and more. For example:

        pellucid evaluate truth cohort.tsv --model cnn.onnx \\
          --target AD --atlas aal --out quality

      The cohort is a table, tab-separated (or a CSV), with a header: image and truth (a mask, above 0.5 where \
      something was changed; any grid, the two meet in the world), and if wanted original (the scan before it was \
      changed), labels (the subject's own label image, with the labels of --atlas), regions (names of the changed ones, separated by ;), participant_id (or \
      subject) and session_id. Paths are seen from the table. Or it is a folder of STEM.nii.gz (or STEM_T1.nii.gz and the like) and STEM_truth.nii.gz, as pellucid plant writes it; with the atlas that plant had, the \
      planted regions are the changed ones.

      Where the originals are known (in a folder STEM_original.nii.gz, or the scan that was given to plant), it is told first whether the network's score moved at all.

      All of |R| on the scan's own grid counts, channels added up:

      \(metrics)

      The method "chance" in the results is a map that is 1 wherever the scan is not 0: what knowing nothing gives.

      The folder gets truth_subjects.tsv (a line a subject and method), truth_summary.tsv (mean, standard deviation \
      and count), truth_summary.png and truth.json (provenance), all of them or none. Tables of several runs over the \
      same scans are joined by pellucid evaluate summary.

      Without --method, all methods that fit the model run. The methods and their options stand at the end.
      """)

  /// A metric and its meaning, in two columns.
  private static let metrics = TruthMetric.all.map { metric in
    var lines = [""]
    for word in metric.meaning.split(separator: " ") {
      if lines[lines.count - 1].count + word.count > 50 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    let name = "  " + metric.name + String(repeating: " ", count: max(1, 16 - metric.name.count))
    return name + lines.joined(separator: "\n" + String(repeating: " ", count: 18))
  }.joined(separator: "\n")

  @Argument(help: ArgumentHelp("The cohort: a table or a folder.", valueName: "cohort"))
  var cohort: String

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Methods and results") var work: Work
  @OptionGroup(title: "What is explained") var target: TruthTarget
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var jobs: JobsOption

  var methodOptions = OptionValues()
  enum CodingKeys: String, CodingKey { case cohort, model, work, target, atlas, nan, threads, jobs }

  struct Work: ParsableArguments {
    @OptionGroup var methods: MethodChoice

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath
  }

  struct TruthTarget: ParsableArguments {
    @Option(
      parsing: .unconditional,
      help: ArgumentHelp(
        """
        The class that the changes make (name or index), the difference A-B, or a sum 0.5*A+0.5*B (default: each \
        scan's class with the highest score).
        """, valueName: "target"))
    var target: String?

    @Option(
      help: ArgumentHelp(
        "The scale on which it is explained (default: probability for the occlusions, logit for the others).",
        valueName: "scale"))
    var score: ScoreKind?
  }

  func run() throws {
    threads.apply()
    let variants = try work.methods.variants(methodOptions)
    var options = Explainer.Options()
    options.target = target.target
    options.score = target.score
    options.nan = nan.policy
    options.atlas = try atlas.load(nan: nan.policy)
    options.atlasTransforms = try atlas.handling.placement.transforms(nan: nan.policy)
    options.weights = atlas.handling.weights
    if options.atlas == nil { try MethodCatalogue.checkAtlas(of: variants?.map(\.method) ?? []) }
    let explainer = Explainer(try model.classifier(), options: options)
    let subjects = try TruthCohort(contentsOf: cohort)
    if options.atlas == nil, subjects.subjects.contains(where: { !$0.regions.isEmpty && $0.regionsOf == nil }) {
      StandardError.write(
        "pellucid: warning: \(cohort): the column regions is not used: their labels are an atlas's; add --atlas")
    }
    let study = TruthStudy(explainer, cohort: subjects, variants: variants, shared: methodOptions)
    let begin = ContinuousClock.now
    let results = try run(study)
    let seconds = Double((ContinuousClock.now - begin) / .microseconds(1)) / 1e6
    let report = TruthReport(study, results)
    try report.write(to: work.out.path, threads: Engine.threads, seconds: seconds)
    StandardError.tell(results.notes)
    for (_, why) in results.leftOut { StandardError.write("pellucid: note: left out: \(why)") }
    try StandardOutput.write(TruthMeans.table(of: TruthSummary(results)))
    for name in [TruthReport.Names.subjects, TruthReport.Names.summary, TruthReport.Names.picture] {
      try StandardOutput.write(work.out.prefix + name)
    }
  }

  private func run(_ study: TruthStudy) throws(PellucidError) -> TruthStudy.Results {
    try Bars.during(jobs) { (jobs, progress) throws(PellucidError) in
      try study.run(jobs: jobs, told: Self.tell) { number, count, subject, method in
        progress("\(number + 1)/\(count) \(subject) \(method)")
      }
    }
  }

  /// Whether there is anything to be found.
  private static func tell(_ moves: [(subject: String, move: ScoreMove)]) {
    guard let first = moves.first else { return }
    let still = moves.filter { !$0.move.hasMoved }
    let mean = { (values: [Double]) in
      NumberText.significant(values.reduce(0, +) / Double(values.count), digits: 4)
    }
    let targets = Set(moves.map(\.move.target)).count == 1 ? " of \(first.move.target)" : ""
    StandardError.write(
      "pellucid: note: the score\(targets) moved in \(moves.count - still.count) of \(moves.count) scan\(moves.count == 1 ? "" : "s"), on average from \(mean(moves.map(\.move.before))) to \(mean(moves.map(\.move.after)))"
    )
    for (subject, move) in still {
      StandardError.write(
        "pellucid: warning: \(subject): \(move.words): it hardly moved, so that no method can be expected to find what was changed"
      )
    }
  }
}
