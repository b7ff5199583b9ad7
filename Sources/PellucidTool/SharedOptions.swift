import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidPreprocessing
import PellucidTransforms
import PellucidVolumes

/// Options of every command that runs a model.
struct ModelOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The network, an ONNX file.", valueName: "onnx"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The model card: how scans become the network's input, and what its outputs are called (default: beside the model, same name, .yaml).",
      valueName: "yaml"))
  var card: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "Value of a further input of the network, e.g. age=73 (or a,b,c), or the file of a further image, pet=FILE.nii.gz; may be repeated.",
      valueName: "name=value"))
  var inputs: [String] = []

  func classifier() throws(PellucidError) -> Classifier {
    try Self.classifier(model: model, card: card, inputs: inputs)
  }

  static func classifier(model: String, card: String?, inputs: [String]) throws(PellucidError) -> Classifier {
    var values: [String: [Float]] = [:]
    var files: [String: String] = [:]
    for text in inputs {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2, ImageName.ending(of: parts[1]) != nil {
        files[parts[0]] = parts[1]
        continue
      }
      let numbers =
        parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false).map { Float($0) } : []
      guard parts.count == 2, !numbers.isEmpty, !numbers.contains(nil) else {
        throw PellucidError.furtherInput(text)
      }
      let given = values.updateValue(numbers.compactMap { $0 }, forKey: parts[0])
      if given != nil {
        StandardError.write("pellucid: warning: --input \(parts[0]) is given twice; the last one, \(text), is used")
      }
    }
    return try Classifier(model: model, card: card, inputs: values, imageFiles: files)
  }
}

/// What to do with voxels that are not finite, as an option.
struct NaNOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Voxels that are NaN or infinite: refuse the scan, or take them as zero.", valueName: "policy"))
  var nan: NonFinitePolicy = .refuse

  var policy: NonFinitePolicy { nan }
}

/// How many threads compute; every command takes it.
struct ThreadOption: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Threads to compute with (default: all cores).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is not between 1 and 1024")
    }
  }

  func apply() {
    if let threads { Engine.threads = threads }
    let (had, asked) = (Engine.threads, Engine.threadsAsked)
    if had < asked {
      StandardError.write(
        "pellucid: note: \(had) of \(asked) threads are to be had; the limit on processes (ulimit -u) or an OMP_ variable allows no more"
      )
    }
  }
}

/// How much memory the perturbation methods may take; what runs them takes it.
struct MemoryOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the activations of perturbation methods may take, e.g. 4G or 500M; model, scan and maps come on top (default: a quarter of the machine).",
      valueName: "size"))
  var memory: String?

  func validate() throws {
    if let memory, Self.bytes(memory) == nil {
      throw ValidationError("--memory \(memory) is not a size of at least 1M, such as 500M or 4G")
    }
  }

  func apply() {
    if let bytes = memory.flatMap(Self.bytes) { Engine.memoryLimit = bytes }
  }

  /// A number of bytes, with K, M, G or T for the powers of 1024; nil for anything else, or less than 1M.
  private static func bytes(_ text: String) -> Int? {
    var text = text.uppercased()[...]
    for ending in ["IB", "B"] where text.hasSuffix(ending) {
      text = text.dropLast(ending.count)
      break
    }
    var unit = 1.0
    for (power, letter) in "KMGT".enumerated() where text.last == letter {
      unit = Double(1 << (10 * (power + 1)))
      text = text.dropLast()
      break
    }
    guard let number = Double(text), number.isFinite, number > 0 else { return nil }
    let bytes = number * unit
    return bytes >= 1_048_576 && bytes < 1e18 ? Int(bytes) : nil
  }
}

/// The atlas of region methods and tables.
struct AtlasOptions: ParsableArguments {
  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String?

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image); or freesurfer, neuromorphometrics: the names of these numbers.",
      valueName: "tsv"))
  var labels: String?

  @OptionGroup var handling: AtlasHandling

  func validate() throws {
    guard atlas == nil else { return }
    if labels != nil { throw ValidationError("--labels needs --atlas") }
    if let option = handling.given.first { throw ValidationError("--\(option) needs --atlas") }
  }

  /// - Parameter nan: what becomes of the label image's voxels that are not finite.
  func load(nan: NonFinitePolicy) throws -> Atlas? {
    guard let atlas else { return nil }
    return try handling.placement.grouped(try handling.placement.load(atlas, labels: labels, nan: nan))
  }
}

/// How an atlas is brought to the scan, and which of its regions are one.
struct AtlasPlacement: ParsableArguments {
  @Option(
    name: .customLong("atlas-transform"),
    help: ArgumentHelp(
      """
      Transforms that bring the atlas to the scan, as its own program would take them: ITK/ANTs (.mat, .txt, …Warp.nii.gz), \
      FSL FLIRT (.mat; FILE:IN:REF names its images) or FreeSurfer (.lta); several, separated by commas, in the order of \
      antsApplyTransforms; inverse:FILE for the other direction.
      """, valueName: "file[,file]"))
  var atlasTransform: String?

  @Option(
    help: ArgumentHelp(
      "Merge regions: lobe (where the label file has a column lobe), bilateral (left with right), or both.",
      valueName: "lobe|bilateral"))
  var group: String?

  @Option(
    name: .customLong("labels-tolerance"), parsing: .unconditional,
    help: ArgumentHelp(
      "How far the label image's values may be from whole numbers, such as 0.1 (default: the rounding of scaled files); how many are is told.",
      valueName: "number"))
  var labelsTolerance: Double?

  /// The options that were given, without dashes.
  var given: [String] {
    [
      atlasTransform.map { _ in "atlas-transform" }, group.map { _ in "group" },
      labelsTolerance.map { _ in "labels-tolerance" },
    ].compactMap { $0 }
  }

  func validate() throws {
    if let labelsTolerance, !(labelsTolerance >= 0 && labelsTolerance < 0.5) {
      throw ValidationError("--labels-tolerance \(labelsTolerance) is not between 0 and 0.5")
    }
  }

  /// The atlas; what was decided about it, as for labels without a name, is told on standard error.
  func load(_ name: String, labels: String?, nan: NonFinitePolicy) throws(PellucidError) -> Atlas {
    let policy = LabelVolume.Policy(nan: nan, tolerance: Float(labelsTolerance ?? 0))
    let atlas = try AtlasLibrary.standard().atlas(name, labels: labels, policy: policy)
    for note in atlas.notes { StandardError.write("pellucid: note: \(note.what); \(note.how)") }
    return atlas
  }

  /// The transforms asked for; what was mended in them is told on standard error.
  func transforms(nan: NonFinitePolicy) throws(PellucidError) -> [TransformFile] {
    guard let atlasTransform else { return [] }
    var files: [TransformFile] = []
    for reference in try TransformReference.list(atlasTransform) {
      let file = try TransformFile(reference, nan: nan)
      StandardError.tell(file.notes)
      files.append(file)
    }
    return files
  }

  /// The groupings asked for.
  func groupings() throws(PellucidError) -> [AtlasGrouping] {
    var groupings: [AtlasGrouping] = []
    for word in group?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? [] {
      guard let grouping = AtlasGrouping(rawValue: word) else {
        throw .choice("group", word, among: AtlasGrouping.allCases.map(\.rawValue))
      }
      groupings.append(grouping)
    }
    return groupings
  }

  func grouped(_ atlas: Atlas) throws(PellucidError) -> Atlas {
    let groupings = try groupings()
    guard !groupings.isEmpty else { return atlas }
    if groupings.contains(.lobe), !atlas.regions.contains(where: { $0.lobe != nil }) { throw .noLobes(atlas.name) }
    return atlas.grouped(by: groupings)
  }

  /// The atlas on the scan that a volume belongs to, its regions merged as asked for.
  func placed(_ atlas: Atlas, on volume: Volume, by files: [TransformFile]) throws(PellucidError) -> Atlas {
    try grouped(atlas).placed(by: files, onto: Grid(shape: volume.shape, affine: volume.affine))
  }
}

/// How an atlas is brought to the scan and its regions are counted and listed.
struct AtlasHandling: ParsableArguments {
  @OptionGroup var placement: AtlasPlacement

  @Option(
    help: ArgumentHelp(
      "How voxels count in tables: wholly for their label's region, or for each region by its probability (4D atlases).",
      valueName: "weights"))
  var weights: RegionWeights = .labels

  @Option(
    help: ArgumentHelp(
      "Column by which tables are sorted, largest first; ranks and names ascending (default: label order).",
      valueName: "column"))
  var sort: String?

  /// The options that were given, without dashes.
  var given: [String] {
    placement.given + [weights == .labels ? nil : "weights", sort.map { _ in "sort" }].compactMap { $0 }
  }

  /// The column, checked.
  func sortColumn() throws(PellucidError) -> String? {
    if let sort { try RegionTable.checkColumn(sort) }
    return sort
  }
}

/// What of a score is explained, and where.
struct TargetOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      A class (name or index), the difference A-B, a sum 0.5*A+0.5*B, expectation (the mean of the card's bins), output:NAME[:CLASS], \
      latent:K or latent:K+L (of a VAE encoder) or unit:LAYER:CHANNEL; again for several, or top:N for the N most probable \
      classes (default: the class with the highest score).
      """,
      valueName: "target"))
  var target: [String] = []

  /// The targets, in words; none: the class with the highest score.
  var targets: [String] { target }

  @OptionGroup var scale: ExplainedScale

  func options(nan: NonFinitePolicy, atlas: Atlas?, handling: AtlasHandling) throws(PellucidError) -> Explainer.Options
  {
    try scale.options(of: target.first, nan: nan, atlas: atlas, handling: handling)
  }
}

/// On which scale a target is explained, and on which grid.
struct ExplainedScale: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The scale on which it is explained (default: probability for the occlusions, logit for the others).",
      valueName: "scale"))
  var score: ScoreKind?

  @Option(
    help: ArgumentHelp("The grid of the maps: the scan's own, the model's, or the atlas's.", valueName: "grid"))
  var space: Explainer.ResultSpace = .scan

  @Option(help: ArgumentHelp("Maps of several channels: a volume for each, or their sum.", valueName: "how"))
  var channels: ChannelTreatment = .each

  func options(
    of target: String?, nan: NonFinitePolicy, atlas: Atlas?, handling: AtlasHandling
  ) throws(PellucidError) -> Explainer.Options {
    if space == .atlas, atlas == nil { throw .spaceWithoutAtlas() }
    var options = Explainer.Options()
    options.atlasTransforms = try handling.placement.transforms(nan: nan)
    options.weights = handling.weights
    options.target = target
    options.score = score
    options.space = space
    options.channels = channels
    options.nan = nan
    options.atlas = atlas
    return options
  }
}
