import ArgumentParser
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidTables
import PellucidVolumes

struct EvaluateAgreement: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement",
    abstract: "Measures how far maps of methods, networks or seeds agree.",
    discussion: """
      For example, two methods of two folds, and three seeds of a random one:

        pellucid evaluate agreement patient.nii.gz --model fold1.onnx,fold2.onnx \\
          --method lrp,smoothgrad --seeds 3 --atlas aal --target AD --out agree

      agreement.tsv has a line a scan and pair (image a b), then the means under the image "mean": spearman, of |R| over the \
      scan's voxels; with an atlas top_k_overlap, the common part of the ten strongest regions by mean |R|, and icc, the \
      intraclass correlation ICC(2,1) of the regions' shares of |R|. agreement.png is the matrix.

      Maps that agree may be wrong together; methods that ask different things need not agree.
      """)

  @Argument(help: ArgumentHelp("Scans (NIfTI, Analyze or .mgz).", valueName: "image"))
  var images: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The networks, ONNX files, separated by commas; each with its card beside it.", valueName: "onnx[,onnx]"))
  var model: [String]

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
      parsing: .unconditional,
      help: ArgumentHelp("Methods with a seed run with so many of them, from 0 on.", valueName: "n"))
    var seeds = 1

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath
  }

  func run() throws {
    threads.apply()
    memory.apply()
    guard (1...1000).contains(work.seeds) else { throw PellucidError.whole("seeds", work.seeds, "from 1 to 1000") }
    let named = try work.methods.variants()
    if named.isEmpty { throw PellucidError.methodsMissing("evaluate agreement") }
    let variants = try AgreementStudy.repeated(named, seeds: work.seeds)
    let models = model.flatMap { path -> [String] in
      if case .file = FileKind.at(path) { [path] } else { path.split(separator: ",").map(String.init) }
    }
    guard models.count * variants.count > 1 else { throw PellucidError.oneMap() }
    let names = FileLabel.distinct(models.map { ImageName.stem(of: $0).replacing(".onnx", with: "") })
    let options = try target.options(atlas, nan, methods: variants)
    let explainers = try zip(names, models).map { name, model in
      (
        name: name,
        explainer: Explainer(try ModelOptions.classifier(model: model, card: nil, inputs: []), options: options)
      )
    }
    let study = AgreementStudy(explainers, scans: images.map(ScanReference.init), variants: variants)
    let results = try Bars.during(jobs) { (jobs, progress) throws(PellucidError) in
      try study.run(jobs: jobs, progress: progress)
    }
    try AgreementReport(study, results).write(to: work.out.path)
    StandardError.tell(results.notes)
    var lines = [["a", "b", "spearman", "top_k_overlap", "icc"]]
    for row in results.rows where row.image == FaithfulnessStudy.mean {
      let numbers = [row.spearman, row.overlap, row.intraclass].map { NumberText.significant($0, digits: 3) }
      lines.append([row.a, row.b] + numbers)
    }
    try StandardOutput.write(TextColumns.table(lines))
    for name in [AgreementReport.Names.table, AgreementReport.Names.picture] {
      try StandardOutput.write(work.out.prefix + name)
    }
  }
}

extension PellucidError {
  static func oneMap() -> Self {
    .init(
      .usage, what: "there is a single map, which has nothing to agree with",
      remedy: "name several methods or models, or --seeds of a random method")
  }
}
