import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidPreprocessing
import PellucidResults
import PellucidTables
import PellucidTensors
import PellucidVolumes

struct AttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Shows where a transformer attends to, and what gates let pass.",
    discussion: """
      For example:

        pellucid attention patient.nii.gz --model vit.onnx --out results

      Of attention between tokens (ViT, Swin): STEM_attention.nii.gz, the rollout (Abnar & Zuidema 2020) on the scan's grid, every \
      voxel with its patch's value; _gradient.nii.gz, attention × gradient of the target (Chefer et al. 2021); _layer-N.nii.gz, a \
      volume a head on the grid of tokens; _heads.tsv and pictures. Of gates (squeeze-and-excitation, CBAM, attention gates) and of \
      attention pooling over slices: _gate-N or _pooling-N as table, picture and, where it weighs places, volume. And .json.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Whose gradient weighs attention: a class, or A-B (default: the class with the highest score).",
      valueName: "target"))
  var target: String?

  @Flag(
    help: ArgumentHelp(
      "Also attention flow (Abnar & Zuidema 2020), of at most \(AttentionFlow.mostTokens) tokens a layer: _flow.nii.gz."
    ))
  var flow = false

  @OptionGroup var options: ViewOptions

  func run() throws {
    let explainer = try options.explainer(target: target)
    let subject = try options.prepare(image, explainer)
    let steps = AttentionStep.all(in: subject.network)
    guard !steps.isEmpty else { throw PellucidError.noAttention().located(in: explainer.classifier.model.path) }
    let question = try explainer.question(for: subject)
    let clock = ContinuousClock()
    let begin = clock.now
    let maps = try AttentionMaps(of: subject, question, steps: steps)
    if flow, maps == nil { throw PellucidError.noTokensToFlow().located(in: explainer.classifier.model.path) }
    let found = flow ? try maps.map { (maps) throws(PellucidError) in try AttentionFlow(through: maps) } : nil
    var gates: [GateMap] = []
    for step in steps where step.kind != .tokens { gates.append(try GateMap(of: step, in: subject)) }
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6
    let stem = subject.scan.stem
    let files = try options.output.files()
    let writer = ViewWriter(into: files, name: "\(stem)_attention")
    var endings: [String] = []
    if let maps { endings += try write(maps, found, subject, question.target.name, writer) }
    endings += try write(gates, subject, writer, hasTokens: maps != nil)
    let facts: JSONValue = [
      "target": .string(question.target.name),
      "layers": .array(
        steps.map { step in
          [
            "tensor": .string(step.tensor), "kind": .string(step.kind.rawValue),
            "shape": .integers(step.shape.dimensions), "heads": .integer(step.headCount),
            "windows": .integer(step.windowCount),
          ]
        }),
      "class_token": maps.map { .bool($0.hasClassToken) } ?? .null,
      "rollout_on_places": maps.map { .number($0.placedRollout) } ?? .null,
    ]
    try writer.finish(
      try ViewRecord(
        view: "attention", of: explainer, subject: subject, layers: steps.map(\.tensor),
        options: ["target": .string(question.target.name), "flow": .bool(flow)], facts: facts, seconds: seconds))
    try files.commit()
    try options.output.tell(writer, endings + [".json"])
  }

  private func write(
    _ maps: AttentionMaps, _ flow: AttentionFlow?, _ subject: Explainer.Case, _ target: String, _ writer: ViewWriter
  ) throws -> [String] {
    let stem = subject.scan.stem
    let (rollout, gradient) = (maps.rollout(on: subject), maps.gradient(on: subject))
    try writer.add(rollout, description: "attention rollout")
    try writer.add(
      gradient, role: "gradient", ending: "_gradient.nii.gz", description: "attention x gradient of \(target)")
    let start = maps.hasClassToken ? "from the class token" : "from the mean of all tokens"
    try writer.add(
      try AttentionPictures.montage(
        rollout: rollout, gradient: gradient, flow: flow?.onScan(subject), over: subject.anatomy,
        title: "\(stem) · attention",
        subtitle: "\(maps.steps.count) layers, \(start); gradient of \(target)"
      ).png())
    try writer.add(maps.table, role: "heads", ending: "_heads.tsv")
    var endings = [".nii.gz", "_gradient.nii.gz", ".png", "_heads.tsv"]
    if let flow {
      try writer.add(
        flow.onScan(subject), role: "flow", ending: "_flow.nii.gz", description: "attention flow")
      endings.append("_flow.nii.gz")
    }
    for depth in maps.steps.indices {
      let volume = maps.headVolume(depth: depth)
      try writer.add(
        volume, role: "layer_\(depth)", ending: "_layer-\(depth).nii.gz", description: "heads of layer \(depth)")
      try writer.add(
        try AttentionPictures.sheet(
          of: volume, captions: (0..<volume.channels).map { "head \($0)" }, over: subject.anatomy,
          title: "\(stem) · attention layer \(depth)",
          subtitle: "\(maps.steps[depth].tensor), \(start)", label: "attention, as part of the head's largest"
        ).png(), role: "layer_\(depth)_picture", ending: "_layer-\(depth).png")
      endings += ["_layer-\(depth).nii.gz", "_layer-\(depth).png"]
    }
    return endings
  }

  private func write(
    _ gates: [GateMap], _ subject: Explainer.Case, _ writer: ViewWriter, hasTokens: Bool
  ) throws -> [String] {
    var endings: [String] = []
    for (place, gate) in gates.enumerated() {
      let name = "\(gate.step.kind.rawValue)-\(place)"
      let role = "\(gate.step.kind.rawValue)_\(place)"
      try writer.add(gate.table, role: role + "_table", ending: "_\(name).tsv")
      try writer.add(
        try gate.figure(over: subject.anatomy, title: "\(subject.scan.stem) · \(gate.step.tensor)").png(),
        role: role + "_picture", ending: "_\(name).png")
      endings += ["_\(name).tsv", "_\(name).png"]
      if let volume = gate.onScan(subject) ?? gate.volume {
        try writer.add(
          volume, role: role, ending: "_\(name).nii.gz", description: "\(gate.step.kind.rawValue) \(place)")
        endings.append("_\(name).nii.gz")
      }
    }
    return endings
  }
}

extension PellucidError {
  static func noTokensToFlow() -> Self {
    .init(.usage, what: "there is no attention between tokens, and --flow goes through it", remedy: "leave it out")
  }

  static func noAttention() -> Self {
    .init(
      .usage, what: "the network has no attention",
      why: "no softmax weighs tokens or slices, and no sigmoid is multiplied with features",
      remedy: "see pellucid features for what its layers make of a scan")
  }
}
