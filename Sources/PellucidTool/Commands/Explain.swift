import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidNetworks
import PellucidResults
import PellucidTables
import PellucidVolumes
import Synchronization

struct Explain: TakesMethodOptions {
  static let configuration = CommandConfiguration(
    abstract: "Explains what a network says of scans: volumes, pictures, tables.",
    discussion: """
      For example, with two methods and a table of regions:

        pellucid explain patient.nii.gz --model cnn.onnx \\
          --method grad-cam,occlusion --patch 20 --atlas aal --out results

      For each image and method four files appear in the folder, all of them or none: patient_METHOD.nii.gz (relevance on the \
      scan's own grid), .png (montage), .json (what it is and how it was made) and, with --atlas, _regions.tsv. The method \
      region-interaction adds _matrix.tsv (a row and a column a region) and _matrix.png (its heat map). A network of several \
      channels takes a 4D image, or files joined with +: t1.nii.gz+gm.nii.gz.

      A method may have options of its own, lrp:composite=epsilon; named twice, its files are called after them \
      (patient_lrp_composite-epsilon.nii.gz). With several targets, files end in the target's name (patient_lrp_AD.nii.gz).

      The methods and their options stand at the end.
      """)

  @Argument(help: ArgumentHelp("Scans (NIfTI, Analyze or .mgz).", valueName: "image"))
  var images: [String]

  @OptionGroup(title: "Model") var model: ModelOptions

  @OptionGroup(title: "Methods and results") var work: Work
  @OptionGroup(title: "What is explained") var target: TargetOptions
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var norms: NormOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var jobs: JobsOption

  var methodOptions = OptionValues()
  enum CodingKeys: String, CodingKey {
    case images, model, work, target, atlas, norms, nan, memory, threads, jobs
  }

  struct Work: ParsableArguments {
    @OptionGroup var methods: MethodChoice

    @Option(
      name: .shortAndLong, help: ArgumentHelp("The folder for results; made if it is missing.", valueName: "folder"))
    var out: FolderPath

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp(
        "The values at the ends of the pictures' colours, the same for every scan and method, as 0.5 (from -0.5 on) or 0,0.5 (default: by each map).",
        valueName: "value|low,high"))
    var limits: String?

    @Flag(help: "Draw all methods on the same slices too, a row each, as STEM_methods.png.")
    var grid = false

    @Flag(help: "Make a page to look around in, all methods and targets of a scan together, as STEM_report.html.")
    var report = false

    /// The limits given.
    func range() throws(PellucidError) -> ClosedRange<Double>? {
      guard let limits else { return nil }
      var options = MontageOptions()
      try ColourOptions.apply(limits: limits, to: &options)
      return options.range ?? options.limit.map { -$0...$0 }
    }
  }

  func run() throws {
    threads.apply()
    memory.apply()
    let variants = try work.methods.required(methodOptions)
    let methods = try variants.map { variant in (variant: variant, method: try variant.make()) }
    let style = ResultStyle(limits: try work.range(), sort: try atlas.handling.sortColumn())
    let scans = try distinctScans()
    if atlas.atlas == nil { try MethodCatalogue.checkAtlas(of: variants.map(\.method)) }
    // Model and first scan are read beside the atlas.
    let begun = Ahead { [model, policy = nan.policy] () throws(PellucidError) in
      var options = Explainer.Options()
      options.nan = policy
      let classifier = try model.classifier()
      return (classifier: classifier, scan: try Explainer(classifier, options: options).read(scans[0]))
    }
    let atlas = try atlas.load(nan: nan.policy)
    let options = try target.options(nan: nan.policy, atlas: atlas, handling: self.atlas.handling)
    let (classifier, first) = try begun.value()
    let explainer = Explainer(classifier, options: options)
    let run = ExplainRun(
      explainer: explainer, methods: methods, targets: target.targets, folder: ResultFolder(work.out.path),
      style: style, comparesMethods: work.grid, makesPage: work.report, isAlone: min(jobs.jobs, scans.count) == 1,
      norms: try norms.load(hasAtlas: atlas != nil))
    try run.folder.check(scans)
    let shelf = Mutex(try ScanShelf(scans, for: explainer, first: first, jobs: jobs.jobs))
    try jobs.run(scans.count) { (place) throws(PellucidError) in
      try run.explain(try shelf.withLock { (shelf) throws(PellucidError) in try shelf.take(place) })
    } tell: { (report) throws(PellucidError) in
      try report.tell()
    }
  }

  private func distinctScans() throws(PellucidError) -> [ScanReference] {
    let scans = images.map(ScanReference.init)
    var seen: [String: ScanReference] = [:]
    for scan in scans {
      if let other = seen.updateValue(scan, forKey: scan.stem) { throw .sameStem(scan.stem, other.text, scan.text) }
    }
    return scans
  }
}
