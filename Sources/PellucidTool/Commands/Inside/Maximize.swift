import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidTables
import PellucidVolumes

struct Maximize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds an image that drives a unit, a channel or a class most.",
    discussion: """
      Gradient ascent on the image (activation maximization). For example:

        pellucid maximize cnn.onnx --unit /Relu_3:12 --out inside
        pellucid maximize cnn.onnx --target AD --preset lucid --seeds 3 --out inside
        pellucid maximize cnn.onnx --target AD-CN --from mean_CN.nii.gz \\
          --bound 0.5 --out inside

      The folder gets NAME.nii.gz (a volume a seed, in units of the network's input), NAME.png (the strongest), \
      NAME_course.tsv and .png (the activation by step) and NAME.json; NAME is STEM_maximize_LAYER-CHANNEL or \
      STEM_maximize_TARGET, STEM the model's. With --from also NAME_change.nii.gz: what would have to change in that scan.

      A unit is LAYER:CHANNEL, the mean over the channel's cells (--at takes one), or a direction, LAYER:3-7. Presets: lucid \
      (low frequencies first, small moves between the steps), blur, decay, smooth, contribution (Yosinski et al. 2015's four \
      settings), plain. Options given beside a preset go before it.

      Such images show what a unit answers to, not what brains look like: docs/inside.md.
      """)

  @OptionGroup(title: "Network and output") var network: NetworkViewOptions

  @Option(
    help: ArgumentHelp(
      "The unit: a layer's name and a channel, counted from 0, or a direction such as LAYER:3-7.",
      valueName: "layer:channel"))
  var unit: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("One cell of the unit's channel (default: the mean over all).", valueName: "d,h,w"))
  var at: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A class (name or index), the difference A-B, a sum, latent:0+3 or output:NAME:0; before the output activation.",
      valueName: "target"))
  var target: String?

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "A scan, such as a mean brain, to begin with (default: the card's background and noise).", valueName: "image"))
  var start: String?

  @OptionGroup(title: "Ascent") var ascent: AscentOptions

  func validate() throws {
    if (unit == nil) == (target == nil) { throw ValidationError("maximize needs --unit LAYER:CHANNEL or --target") }
    if at != nil, unit == nil { throw ValidationError("--at needs --unit") }
  }

  func run() throws {
    let explainer = try network.explainer()
    let settings = try ascent.settings(fromScan: start != nil)
    let subject = try start.map { (image) throws(PellucidError) in
      let subject = try explainer.prepare(ScanReference(image))
      StandardError.tell(subject.notes, of: image)
      return subject
    }
    let model = try subject?.network ?? explainer.classifier.network()
    let world =
      try subject.map { InputWorld($0.prepared.path) } ?? InputWorld(of: model, card: explainer.classifier.card)
    let notes = [world.note].compactMap { $0 }
    StandardError.tell(notes)
    let (goal, label) = try goal(explainer, model, subject)
    let base =
      subject?.prepared.input ?? InputBackground.tensor(of: model, card: explainer.classifier.card)
    let run = try Maximization(goal, from: base, settings: settings)
    let files = try network.output.files()
    let clock = ContinuousClock()
    let begin = clock.now
    let found = try Bars.during { (progress) throws(PellucidError) in try run.run(progress: progress(goal.name)) }
    let seconds = (clock.now - begin) / .seconds(1)
    let report = MaximizationReport(run, found, world: world, path: subject?.prepared.path)
    let writer = ViewWriter(into: files, name: "\(NetworkStem.of(network.model))_maximize_\(label)")
    try report.add(to: writer)
    var options = settings.json
    if let preset = ascent.preset { options["preset"] = .string(preset.rawValue) }
    if let unit { options["unit"] = .string(unit) }
    if let at { options["at"] = .string(at) }
    if let target { options["target"] = .string(target) }
    try writer.finish(
      try ViewRecord(
        view: "maximize", of: explainer, subject: subject, layers: [goal.layer].compactMap { $0 }, options: options,
        facts: report.facts, notes: notes, seconds: seconds))
    try writer.commit()
    let best = report.best
    try StandardOutput.write(
      "\(goal.name): activation \(NumberText.significant(best.activation, digits: 4)) "
        + "(at the start \(NumberText.significant(best.course[0], digits: 4))), seed \(best.seed), "
        + "\(NumberText.significant(seconds, digits: 3)) s")
    try network.output.tell(
      writer,
      [".nii.gz", ".png"] + (start == nil ? [] : ["_change.nii.gz"]) + ["_course.tsv", "_course.png", ".json"])
  }

  /// What is driven, and what it is called in files' names.
  private func goal(
    _ explainer: Explainer, _ model: Network, _ subject: Explainer.Case?
  ) throws(PellucidError) -> (AscentGoal, String) {
    if let target {
      let label = FileLabel.distinct([target], letters: .all)[0]
      guard let subject else { return (AscentGoal(try explainer.standingScore(of: target, in: model)), label) }
      let question = try explainer.question(for: subject, target: target)
      return (AscentGoal(explainer.score(of: question, on: .logit)), label)
    }
    guard let unit, let colon = unit.lastIndex(of: ":") else { throw .unitWithoutChannel(unit ?? "") }
    let layer = try LayerChoice(String(unit[..<colon]), in: model)
    let channel = String(unit[unit.index(after: colon)...])
    let cell = try at.map { (text) throws(PellucidError) in
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard !numbers.contains(nil) else { throw PellucidError.cellText(text) }
      return numbers.compactMap { $0 }
    }
    let goal = try AscentGoal(channel, of: layer.value, in: model, at: cell)
    let place = cell.map { "_at-" + $0.map(String.init).joined(separator: "-") } ?? ""
    return (goal, "\(layer.fileName)-\(LayerName.file(channel))\(place)")
  }
}

/// How the ascent goes, as options.
struct AscentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Settings that belong together (default: lucid; with --from: smooth).", valueName: "preset"))
  var preset: AscentSettings.Preset?

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps (default: 256).", valueName: "n"))
  var steps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far a step goes, in units of the network's input (default: the preset's).", valueName: "number"))
  var rate: Float?

  @Option(help: ArgumentHelp("The rule of a step (default: the preset's).", valueName: "rule"))
  var optimizer: AscentSettings.Optimizer?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much of the last step goes on, for momentum (default: the preset's).", valueName: "part"))
  var momentum: Float?

  @Option(help: ArgumentHelp("What is moved (default: the preset's).", valueName: "what"))
  var parametrization: AscentSettings.Parametrization?

  @Option(help: ArgumentHelp("Divide gradients by their size (default: the preset's).", valueName: "size"))
  var normalize: AscentSettings.Normalization?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Cut gradients beyond this, after that (default: none).", valueName: "number"))
  var clip: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Part of the distance from the start that is lost each step.", valueName: "part"))
  var decay: Float?

  @Option(parsing: .unconditional, help: ArgumentHelp("Deviation of the blur, voxels.", valueName: "number"))
  var blur: Double?

  @Option(
    name: .customLong("blur-every"), parsing: .unconditional,
    help: ArgumentHelp("Every how many steps it is blurred.", valueName: "n"))
  var blurEvery: Int?

  @Option(
    name: .customLong("small-norm"), parsing: .unconditional,
    help: ArgumentHelp(
      "Part of the voxels, those with the smallest values, that are cleared each step.", valueName: "part"))
  var smallNorm: Float?

  @Option(
    name: .customLong("small-contribution"), parsing: .unconditional,
    help: ArgumentHelp(
      "Part of the voxels, those that contribute least, that are cleared each step.", valueName: "part"))
  var smallContribution: Float?

  @Option(parsing: .unconditional, help: ArgumentHelp("Deviation of random shifts, voxels.", valueName: "number"))
  var jitter: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Deviation of random scalings, as a logarithm (0.02: about 2 %).", valueName: "number"))
  var scaling: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("Deviation of random rotations, degrees.", valueName: "number"))
  var rotation: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The farthest that a voxel may go from the start (default: any).", valueName: "number"))
  var bound: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Deviation of the noise at the start (default: 0.1; with --from: 0).", valueName: "number"))
  var noise: Float?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many images, each from noise of its own.", valueName: "n"))
  var seeds = 1

  @Option(parsing: .unconditional, help: ArgumentHelp("The first seed.", valueName: "n"))
  var seed = 0

  func settings(fromScan: Bool) throws(PellucidError) -> AscentSettings {
    guard (1...100).contains(seeds) else { throw .whole("seeds", seeds, "from 1 to 100") }
    guard seed >= 0 else { throw .whole("seed", seed, "of at least 0") }
    var settings = AscentSettings(preset ?? (fromScan ? .smooth : .lucid))
    if fromScan { settings.noise = 0 }
    if let steps { settings.steps = steps }
    if let rate { settings.rate = rate }
    if let optimizer { settings.optimizer = optimizer }
    if let momentum { settings.momentum = momentum }
    if let parametrization { settings.parametrization = parametrization }
    if let normalize { settings.normalization = normalize }
    if let decay { settings.decay = decay }
    if let blur { settings.blur = blur }
    if let blurEvery { settings.blurEvery = blurEvery }
    if let smallNorm { settings.smallNorm = smallNorm }
    if let smallContribution { settings.smallContribution = smallContribution }
    if let jitter { settings.jitter = jitter }
    if let scaling { settings.scaling = scaling }
    if let rotation { settings.rotation = rotation }
    if let noise { settings.noise = noise }
    (settings.bound, settings.clip) = (bound ?? settings.bound, clip ?? settings.clip)
    settings.seeds = (0..<seeds).map { seed + $0 }
    return settings
  }
}

extension PellucidError {
  static func unitWithoutChannel(_ text: String) -> Self {
    .init(.usage, what: "--unit \(text) has no channel", remedy: "write it as LAYER:CHANNEL, such as /Relu_3:12")
  }

  static func cellText(_ text: String) -> Self {
    .init(.usage, what: "--at \(text) is no cell", remedy: "write it as d,h,w, counted from 0")
  }
}
