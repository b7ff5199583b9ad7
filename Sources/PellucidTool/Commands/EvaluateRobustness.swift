import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaithfulness
import PellucidFaults
import PellucidTables
import PellucidVolumes

struct EvaluateRobustness: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robustness",
    abstract: "Disturbs scans, and asks what becomes of answers and maps.",
    discussion: """
      For example:

        pellucid evaluate robustness patient.nii.gz --model cnn.onnx \\
          --method lrp,smoothgrad --target AD --out robust

      Accidents, on the scan as it was read: noise and rician (sd as a part of the range), blur (sd, mm), bias-field (sd of \
      the logarithm), gamma (the power), shift (mm to the right), rotation (degrees about the vertical axis), ghosting (part \
      of the signal), downsampling (times). Attacks, on the network's input: fgsm, pgd-linf, pgd-l2 (ε in its units, of \
      pgd-l2 the norm of the whole change), and ATTACK-flip, the smallest ε that flips the answer.

      robustness.tsv: image method target disturbance strength predicted score map_spearman map_l2 sd n; map_spearman of \
      |R| and map_l2 = ‖R' - R‖/‖R‖ compare with the map of the scan itself, moved maps after they are moved back. The rows \
      lipschitz, ris and ros have their ratio as map_l2. STEM_ATTACK.nii.gz is the input that flips, on the model's grid.
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

    @Option(
      help: ArgumentHelp(
        "Which disturbances and attacks, separated by commas (default: all).", valueName: "name[,name]"))
    var disturbance: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Seeds of what is random.", valueName: "n"))
    var samples = 3

    @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
    var seed = 0

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath

    func options() throws(PellucidError) -> RobustnessStudy.Options {
      var options = RobustnessStudy.Options()
      if let disturbance {
        let names = disturbance.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        let known = Disturbance.allCases.map(\.rawValue) + AdversarialImage.Attack.allCases.map(\.rawValue)
        for name in names where !known.contains(name) { throw .choice("disturbance", name, among: known) }
        options.disturbances = Disturbance.allCases.filter { names.contains($0.rawValue) }
        options.attacks = AdversarialImage.Attack.allCases.filter { names.contains($0.rawValue) }
      }
      guard (1...10_000).contains(samples) else { throw .whole("samples", samples, "from 1 to 10000") }
      guard seed >= 0 else { throw .whole("seed", seed, "of at least 0") }
      (options.samples, options.seed) = (samples, seed)
      return options
    }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    var options = try work.options()
    options.score = target.score ?? .probability
    let variants = try work.methods.variants()
    if variants.isEmpty { throw PellucidError.methodsMissing("evaluate robustness") }
    let explainer = Explainer(try model.classifier(), options: try target.options(atlas, nan, methods: variants))
    let study = RobustnessStudy(explainer, scans: images.map(ScanReference.init), variants: variants, options: options)
    let results = try Bars.during(jobs) { (jobs, progress) throws(PellucidError) in
      try study.run(jobs: jobs, progress: progress)
    }
    try RobustnessReport(study, results).write(to: work.out.path)
    StandardError.tell(results.notes)
    var lines = [["disturbance", "strength", "predicted", "score"] + variants.map { "\($0.name), likeness" }]
    for row in results.rows where row.method == variants[0].name && row.image == images[0] {
      let same = variants.map { variant in
        results.rows.first {
          $0.image == row.image && $0.method == variant.name && $0.disturbance == row.disturbance
            && $0.strength == row.strength
        }
      }
      lines.append(
        [
          row.disturbance, NumberText.significant(row.strength, digits: 3), row.predicted ?? Table.missing,
          NumberText.significant(row.score, digits: 3),
        ] + same.map { NumberText.significant($0?.spearman ?? $0?.distance, digits: 3) })
    }
    try StandardOutput.write(TextColumns.table(lines))
    for name in [RobustnessReport.Names.table, RobustnessReport.Names.picture]
      + results.flips.map({ $0.name + ".nii.gz" })
    {
      try StandardOutput.write(work.out.prefix + name)
    }
  }
}
