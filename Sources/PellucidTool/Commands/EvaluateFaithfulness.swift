import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaithfulness
import PellucidFaults
import PellucidNetworks
import PellucidTables
import PellucidVolumes

struct EvaluateFaithfulness: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faithfulness",
    abstract: "Measures how well maps tell what the network does.",
    discussion: """
      For our methods and for anybody's maps: does the score fall when what a map marks is filled, and more. For example:

        pellucid evaluate faithfulness patient.nii.gz --model cnn.onnx \\
          --method lrp,grad-cam,occlusion:patch=8 --map captum=ig.nii.gz \\
          --features regions --atlas aal --target AD --out faithful

      The metrics, on the model's grid (better: higher, lower, nearer to 0, or neither):

      \(Self.list)

      Formulas, papers, and how each misleads: docs/evaluation.md. A method's options are written with it, as \
      occlusion:patch=8. f is the score on the scale of --score; methods explain their own scale unless it is given.

      The folder gets faithfulness.tsv (a line a scan, map and metric; then the means over scans under the image \
      "mean"), faithfulness_curves.tsv, faithfulness.png and faithfulness.json, all of them or none.
      """)

  /// The metrics in two columns of 80 characters.
  private static var list: String {
    FaithfulnessCatalogue.metrics.map { metric in
      var lines = ["  " + metric.name + String(repeating: " ", count: max(1, 22 - metric.name.count))]
      for word in "\(metric.summary) (\(metric.better.rawValue))".split(separator: " ") {
        if lines[lines.count - 1].count + word.count > 78 { lines.append(String(repeating: " ", count: 24)) }
        lines[lines.count - 1] += (lines[lines.count - 1].count > 24 ? " " : "") + word
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  @Argument(help: ArgumentHelp("Scans (NIfTI, Analyze or .mgz).", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps and results") var work: Work
  @OptionGroup(title: "What is measured") var measures: Measures
  @OptionGroup(title: "What is explained") var target: EvaluationTarget
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var jobs: JobsOption

  struct Work: ParsableArguments {
    @OptionGroup var methods: VariantChoice

    @Option(
      parsing: .unconditionalSingleValue,
      help: ArgumentHelp(
        "Anybody's map of the scan, in its space; may be repeated. {stem} in FILE stands for the scan's name.",
        valueName: "name=file"))
    var map: [String] = []

    @Option(
      help: ArgumentHelp(
        "The grid of the files of --map: the scan's (or any, met in the world), or the model's.",
        valueName: "scan|model"))
    var space = "scan"

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath

    func maps() throws(PellucidError) -> [MapReference] {
      guard ["scan", "model"].contains(space) else { throw .choice("space", space, among: ["scan", "model"]) }
      var maps: [MapReference] = []
      for text in map {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw .namedMap(text) }
        maps.append(MapReference(name: parts[0], path: parts[1], isOnModelGrid: space == "model"))
      }
      return maps
    }
  }

  struct Measures: ParsableArguments {
    @Option(help: ArgumentHelp("Which metrics, separated by commas (default: all).", valueName: "name[,name]"))
    var metric: String?

    @Option(
      help: ArgumentHelp(
        "Into what the image is cut: voxels, patch:N (cells of N × N × N voxels), regions (of --atlas) or supervoxels[:N].",
        valueName: "kind"))
    var features = "patch:8"

    @OptionGroup var fill: EvaluationFill

    @Option(parsing: .unconditional, help: ArgumentHelp("Steps of the curves.", valueName: "k"))
    var steps = 20

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp(
        "Random sets a size, boxes, noises (default: 100; 10 for max-sensitivity).", valueName: "n"))
    var samples: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
    var seed = 0

    @Option(
      name: .customLong("max-passes"), parsing: .unconditional,
      help: ArgumentHelp("The most passes of the network that a scan may cost.", valueName: "n"))
    var budget = 100_000

    func options() throws(PellucidError) -> FaithfulnessStudy.Options {
      var options = FaithfulnessStudy.Options()
      if let metric { options.metrics = try FaithfulnessCatalogue.metrics(named: metric) }
      options.probe.features = try FeatureKind(features)
      options.probe.fill = try fill.fill(seed: seed)
      guard (1...10_000).contains(steps) else { throw .whole("steps", steps, "from 1 to 10000") }
      if let samples, !(2...1_000_000).contains(samples) { throw .whole("samples", samples, "from 2 to 1000000") }
      guard seed >= 0 else { throw .whole("seed", seed, "of at least 0") }
      guard budget > 0 else { throw .whole("max-passes", budget, "of at least 1") }
      (options.probe.steps, options.probe.samples, options.probe.seed) = (steps, samples, seed)
      options.budget = budget
      return options
    }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    var measured = try measures.options()
    let maps = try work.maps()
    let variants = try work.methods.variants()
    if variants.isEmpty, maps.isEmpty { throw PellucidError.nothingToMeasure() }
    if let twice = FileLabel.firstRepeated(variants.map(\.name) + maps.map(\.name)) {
      throw PellucidError.nameTwice(twice)
    }
    let scans = images.map(ScanReference.init)
    if scans.count > 1, let map = maps.first(where: { !$0.dependsOnScan }) {
      throw PellucidError.mapOfSeveral(map.path)
    }
    let explainer = try target.explainer(model, atlas, nan, methods: variants)
    measured.score = target.score ?? .probability
    if case .regions = measured.probe.features, explainer.options.atlas == nil {
      throw PellucidError.regionsNeedAtlas()
    }
    let study = FaithfulnessStudy(explainer, scans: scans, variants: variants, maps: maps, options: measured)
    let begin = ContinuousClock.now
    let results = try Bars.during(jobs) { (jobs, progress) throws(PellucidError) in
      try study.run(jobs: jobs, told: Self.tell, progress: progress)
    }
    let seconds = Double((ContinuousClock.now - begin) / .microseconds(1)) / 1e6
    try FaithfulnessReport(study, results).write(to: work.out.path, threads: Engine.threads, seconds: seconds)
    StandardError.tell(results.notes)
    try StandardOutput.write(Self.table(of: results))
    for name in [FaithfulnessReport.Names.table, FaithfulnessReport.Names.curves, FaithfulnessReport.Names.picture] {
      try StandardOutput.write(work.out.prefix + name)
    }
  }

  /// What a scan is going to cost.
  private static func tell(_ cost: FaithfulnessStudy.Cost) {
    let runs = cost.runs.filter { $0.runs > 0 }.map { "each method is run \($0.runs) times more (\($0.metric))" }
    guard cost.total > 0 else {
      for text in runs { StandardError.write("pellucid: note: \(cost.image): \(text)") }
      return
    }
    let parts = cost.passes.filter { $0.passes > 0 }.map { "\($0.metric) \($0.passes)" }.joined(separator: ", ")
    let seconds = Double(cost.total) * cost.secondsOfPass
    let time =
      seconds < 1.5
      ? "about a second" : seconds < 100 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    let passes = "\(cost.total) passes of the network at most, \(time) if each were one in full (\(parts))"
    StandardError.write("pellucid: note: \(cost.image): \(([passes] + runs).joined(separator: "; "))")
  }

  /// The means, methods down and metrics across.
  private static func table(of results: FaithfulnessStudy.Results) -> String {
    let means = results.rows.filter { $0.image == FaithfulnessStudy.mean }
    var (methods, metrics): ([String], [String]) = ([], [])
    for row in means {
      if !methods.contains(row.method) { methods.append(row.method) }
      if !metrics.contains(row.metric) { metrics.append(row.metric) }
    }
    let lines = methods.map { method in
      [method]
        + metrics.map { metric in
          let value = means.first { $0.method == method && $0.metric == metric }?.value
          return NumberText.significant(value, digits: 4)
        }
    }
    return TextColumns.table([["method"] + metrics] + lines)
  }
}
