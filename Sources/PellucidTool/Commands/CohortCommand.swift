import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidCohorts
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidVolumes

struct CohortCommand: TakesMethodOptions {
  static let configuration = CommandConfiguration(
    commandName: "cohort",
    abstract: "Explains the scans of a study into a folder of BIDS derivatives.",
    discussion: """
      For example, with regions, two scans at a time:

        pellucid cohort subjects.tsv --model cnn.onnx --target AD \\
          --method lrp,grad-cam --atlas aal --out derivatives --jobs 2

      The table is tab-separated (or a CSV), with a header: participant_id and image, and if wanted session_id, group, \
      fold, atlas, labels (the subject's own label image) and covariates, such as age. Paths are seen from the table. Or it \
      is a folder with scans as BIDS has them, or where --images says, and what its participants.tsv knows of them.

      --atlas and --atlas-transform may hold {participant_id} and {session_id}, where each subject has its own \
      segmentation or transform. So may --input, which may also name columns of the table: --input age={age}, \
      --input pet={pet} or --input pet=/data/{participant_id}_pet.nii.gz.

      For each scan the folder gets sub-X[/ses-Y]/anat/sub-X[_ses-Y]_desc-METHOD_relevance.nii.gz, .json and .png, and \
      with --atlas _regions.tsv; and for all together participants.tsv, predictions.tsv, regions.tsv and a README that \
      explains them. A scan whose results are there is not explained again: they hold as long as scan, models, \
      options and version are the same by content. A run that was cut short goes on where it stopped, and several may \
      work on one folder at once.

      A scan that cannot be explained is reported at the end (exit status 65) and stops nobody else.

      Of several models, separated by commas, the mean of the maps is taken, with the standard deviation between them \
      beside it; where the table has a column fold, the models belong to the folds in order, and each scan is explained \
      by the one that did not train on it.

      The methods and their options stand at the end.
      """)

  @Argument(help: ArgumentHelp("The study: a table, or a folder of scans (BIDS).", valueName: "cohort"))
  var cohort: String

  @OptionGroup(title: "Scans of a folder") var scans: CohortScans

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Methods and results") var work: CohortWork
  @OptionGroup(title: "How it is run") var manner: CohortManner
  @OptionGroup(title: "What is explained") var target: CohortTarget
  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var nan: NaNOption
  @OptionGroup var memory: MemoryOption
  @OptionGroup var threads: ThreadOption

  var methodOptions = OptionValues()
  enum CodingKeys: String, CodingKey { case cohort, scans, model, work, manner, target, atlas, nan, memory, threads }

  func run() throws {
    threads.apply()
    memory.apply()
    let variants = try work.methods.required(methodOptions, by: "cohort")
    let study = try study(variants)
    var run = CohortStudy.Manner()
    run.jobs = manner.many.jobs
    run.shard = try manner.part()
    run.isForced = manner.force
    StandardError.tell(study.cohort.notes + [study.foldsOfModels].compactMap { $0 }, of: cohort)
    let telling = CohortTelling(study.cohort.visits.count / run.shard.count, manner)
    let outcomes = try telling.whole { () throws(PellucidError) in
      try study.run(run) { telling.finished($0) }
    }
    try tell(outcomes, in: study.folder)
  }

  private func study(_ variants: [MethodVariant]) throws -> CohortStudy {
    let cohort = try Cohort(at: cohort, source: try scans.source())
    let (shared, own) = try atlases()
    let haveOwn = own.pattern != nil || cohort.visits.contains { $0.atlas != nil || $0.labels != nil }
    if shared == nil, !haveOwn { try MethodCatalogue.checkAtlas(of: variants.map(\.method)) }
    var handling = atlas.handling
    if own.transforms != nil { handling.placement.atlasTransform = nil }
    let options = try target.options(nan: nan.policy, atlas: shared, handling: handling)
    let (inputs, fixed) = inputs()
    let given = try fixed + inputs.examples(in: cohort)
    var explainers: [Explainer] = []
    for path in models {
      explainers.append(
        Explainer(
          try ModelOptions.classifier(model: path, card: model.card, inputs: given),
          options: options))
    }
    var study = try CohortStudy(
      explainers, cohort: cohort, variants: variants,
      into: DerivativesFolder(work.out.path, space: options.spaceLabel))
    study.atlases = own
    study.inputs = inputs
    study.kept = work.keep
    study.significantBits = work.significantBits
    study.style = ResultStyle(limits: try work.range(), sort: try atlas.handling.sortColumn())
    return study
  }

  /// One model, or several separated by commas; a name that holds a comma is one if there is such a file.
  private var models: [String] {
    let parts = model.model.split(separator: ",").map(String.init)
    return parts.count > 1 && !FileKind.exists(model.model) ? parts : [model.model]
  }

  /// The inputs that differ from subject to subject, and those that all share as they were given.
  private func inputs() -> (own: SubjectInputs, fixed: [String]) {
    var own = SubjectInputs()
    var fixed: [String] = []
    for text in model.inputs {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2, SubjectInputs.isPattern(parts[1]) {
        own.patterns.append((parts[0], parts[1]))
      } else {
        fixed.append(text)
      }
    }
    return (own, fixed)
  }

  /// The atlas that all share, and where subjects have one of their own.
  private func atlases() throws -> (Atlas?, SubjectAtlas) {
    var own = SubjectAtlas()
    own.labels = atlas.labels
    own.groupings = try atlas.handling.placement.groupings()
    own.tolerance = Float(atlas.handling.placement.labelsTolerance ?? 1e-3)
    if let text = atlas.handling.placement.atlasTransform, SubjectAtlas.isPattern(text) { own.transforms = text }
    if let text = atlas.atlas, text.contains("{"), !SubjectAtlas.isPattern(text), !FileKind.exists(text) {
      throw PellucidError.placeholder(text)
    }
    guard let text = atlas.atlas, SubjectAtlas.isPattern(text) else { return (try atlas.load(nan: nan.policy), own) }
    own.pattern = text
    return (nil, own)
  }

  /// Tells what concerns several scans once.
  private func tellNotes(of outcomes: [CohortStudy.Outcome]) {
    var order: [Note] = []
    var scans: [Note: [String]] = [:]
    for outcome in outcomes {
      for note in outcome.notes where note.weight > .record && scans[note]?.last != outcome.name {
        if scans[note] == nil { order.append(note) }
        scans[note, default: []].append(outcome.name)
      }
    }
    for note in order {
      let names = scans[note] ?? []
      let others = names.count > 1 ? " and \(names.count - 1) more" : ""
      StandardError.tell([note.of((names.first ?? "") + others)])
    }
  }

  /// Says where the tables are, and what is wrong with which scans.
  private func tell(_ outcomes: [CohortStudy.Outcome], in folder: DerivativesFolder) throws {
    let faults = outcomes.filter { $0.fault != nil }
    let new = outcomes.count { $0.isNew && $0.fault == nil }
    try StandardOutput.write(
      "\(outcomes.count) scans: \(new) explained now, \(outcomes.count - faults.count - new) were there, \(faults.count) not as they should be"
    )
    for name in [
      DerivativesFolder.Names.participants, DerivativesFolder.Names.predictions, DerivativesFolder.Names.regions,
    ] {
      try StandardOutput.write("  " + folder.path(of: name))
    }
    tellNotes(of: outcomes)
    for outcome in faults { StandardError.write("pellucid: \(outcome.name): \(outcome.fault ?? "")") }
    if !faults.isEmpty { throw PellucidError.scansFailed(faults.count, of: outcomes.count, cohort) }
  }
}

/// Which scans of a folder make a cohort.
struct CohortScans: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where scans are, below the folder, such as 'subjects/{participant_id}/{session_id}/t1_linear/*_T1w.nii.gz' (default: as BIDS has them, sub-X/[ses-Y/]anat/*_T1w.nii.gz).",
      valueName: "pattern"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "Entities of the names that count, such as space=MNI152NLin2009cAsym; of run=1,run= either, names with run-1 or without a run; suffix=FLAIR for others than T1w.",
      valueName: "key=label[,…]"))
  var filter: String?

  func source() throws(PellucidError) -> Cohort.Source {
    var source = Cohort.Source()
    source.pattern = images
    for text in filter?.split(separator: ",").map(String.init) ?? [] {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else { throw .filterText(text) }
      source.entities.append((parts[0], parts[1]))
    }
    return source
  }
}

/// What a cohort's run writes.
struct CohortWork: ParsableArguments {
  @OptionGroup var methods: MethodChoice

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder of derivatives; made if it is missing.", valueName: "folder"))
  var out: FolderPath

  @Option(
    help: ArgumentHelp("Files of each scan that are kept: all, its tables, or none but its record.", valueName: "what"))
  var keep: CohortStudy.Kept = .maps

  @Option(
    name: .customLong("significant-bits"), parsing: .unconditional,
    help: ArgumentHelp(
      "Bits of the maps' mantissas that are kept, 1 to 23, so that they compress better (default: all 23).",
      valueName: "n"))
  var significantBits: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The values at the ends of the pictures' colours, the same for every scan and method, as 0.5 (from -0.5 on) or 0,0.5 (default: by each map).",
      valueName: "value|low,high"))
  var limits: String?

  func validate() throws {
    if let significantBits, !(1...23).contains(significantBits) {
      throw ValidationError("--significant-bits \(significantBits) is not between 1 and 23")
    }
  }

  /// The limits given.
  func range() throws(PellucidError) -> ClosedRange<Double>? {
    guard let limits else { return nil }
    var options = MontageOptions()
    try ColourOptions.apply(limits: limits, to: &options)
    return options.range ?? options.limit.map { -$0...$0 }
  }
}

/// What of a score is explained in all scans of a cohort, and where.
struct CohortTarget: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is explained in every scan: a class (name or index), the difference A-B, a sum 0.5*A+0.5*B, expectation, output:NAME[:CLASS], latent:K or unit:LAYER:CHANNEL; a classifier needs it.",
      valueName: "target"))
  var target: String?

  @OptionGroup var scale: ExplainedScale

  func options(nan: NonFinitePolicy, atlas: Atlas?, handling: AtlasHandling) throws(PellucidError) -> Explainer.Options
  {
    try scale.options(of: target, nan: nan, atlas: atlas, handling: handling)
  }
}

/// How a cohort's run is done.
struct CohortManner: ParsableArguments {
  @OptionGroup var many: JobsOption

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The part of the scans that this run explains, of several runs that share them, such as 3/8.", valueName: "i/n"))
  var shard: String?

  @Flag(help: "Explain every scan again.")
  var force = false

  @Flag(help: "Draw no progress bar.")
  var quiet = false

  @Option(help: ArgumentHelp("A file to which a line is added for each scan.", valueName: "file"))
  var log: String?

  @Option(help: ArgumentHelp("A file to which the run's events are added, JSON, a line each.", valueName: "file"))
  var events: String?

  /// The part asked for.
  func part() throws(PellucidError) -> (number: Int, count: Int) {
    guard let shard else { return (1, 1) }
    let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], count > 0, (1...count).contains(number) else {
      throw .shardText(shard)
    }
    return (number, count)
  }
}

extension Explainer.Options {
  /// The space alone of what a card says of it: `MNI (Colin27)`, which is BIDS's `MNIColin27`, of `MNI (Colin27), mm, RAS+; on the grid of …`.
  private static func standardSpace(_ words: String) -> String {
    let space = String(words.prefix { $0 != "," && $0 != ";" })
    // Remarks, unlike names, have several words.
    guard let open = space.firstIndex(of: "("), space[open...].contains(" ") else { return space }
    return String(space[..<open])
  }

  /// What the maps' grid is called in files' names; nil: the scan's own.
  fileprivate var spaceLabel: String? {
    switch space {
    case .scan: nil
    case .model: "model"
    case .atlas: atlas.map { atlas in atlas.card.map { Self.standardSpace($0.space) } ?? atlas.name }
    }
  }
}
