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

struct CascadeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cascade",
    abstract: "Follows one scan through all stages of the network, from voxels to class.",
    discussion: """
      Which channels answer at each stage, where, how much of the decision passes through each, and the decisive path. For \
      example:

        pellucid cascade patient.nii.gz --model cnn.onnx --target AD --out inside

      The folder gets STEM_cascade.png (one page), STEM_cascade.tsv (every channel of every stage: activation, relevance, where \
      it looks), STEM_cascade.nii.gz (the relevance of the voxels, that of the path, that of each stage; names in the record's \
      facts.volumes) and STEM_cascade.json.

      Relevance is layer-wise relevance propagation's. Stages are the layers that everything passes through, at most --stages \
      of them. The path is the most relevant channel of the last stage, then the one that hands most to it, and so on down.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @OptionGroup var view: ViewOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A class (name or index), the difference A-B, or a sum (default: the class with the highest score).",
      valueName: "target"))
  var target: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The stages: ONNX nodes or their outputs (default: see above).", valueName: "name[,name]"))
  var layer: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many stages at most.", valueName: "n"))
  var stages = 8

  @Option(parsing: .unconditional, help: ArgumentHelp("How many channels a stage the page shows.", valueName: "n"))
  var channels = 5

  @Option(help: ArgumentHelp("Which rules relevance follows (see pellucid methods).", valueName: "composite"))
  var composite = "epsilon-plus"

  func run() throws {
    guard (1...24).contains(stages) else { throw PellucidError.whole("stages", stages, "from 1 to 24") }
    guard (1...8).contains(channels) else { throw PellucidError.whole("channels", channels, "from 1 to 8") }
    let method = try RelevancePropagation(composite: try CompositeChoice(composite))
    let explainer = try view.explainer(target: target)
    let subject = try view.prepare(image, explainer)
    let score = explainer.score(of: try explainer.question(for: subject), on: .logit)
    let layers = try layer.map { (text) throws(PellucidError) in try LayerChoice.list(text, in: score.network) } ?? []
    let files = try view.output.files()
    let clock = ContinuousClock()
    let begin = clock.now
    let cascade = try Cascade(
      of: subject.prepared.input, to: score, layers: layers.map(\.value), atMost: stages, by: method)
    let seconds = (clock.now - begin) / .seconds(1)
    var report = CascadeReport(cascade, of: subject, score: score)
    report.shown = channels
    let writer = ViewWriter(into: files, name: "\(subject.scan.stem)_cascade")
    try report.add(to: writer)
    let options: JSONValue = .object([
      .init("target", .string(score.target.name)), .init("stages", .integer(stages)),
      .init("channels", .integer(channels)), .init("composite", .string(composite)),
    ])
    try writer.finish(
      try ViewRecord(
        view: "cascade", of: explainer, subject: subject, layers: cascade.stages.map(\.tensor), options: options,
        facts: report.facts, seconds: seconds))
    try writer.commit()
    var lines = [["stage", "channels", "path", "share", "strongest"]]
    for stage in cascade.stages {
      lines.append([
        stage.node, "\(stage.channels.count)", stage.path.map { "\($0.channel)" } ?? Table.missing,
        stage.path.map { FixedPoint.text(100 * $0.part, digits: 1) + " %" } ?? Table.missing,
        stage.strongest.prefix(3).map { "\($0.index)" }.joined(separator: ", "),
      ])
    }
    try StandardOutput.write("\(image): \(score.target.name)")
    try StandardOutput.write(TextColumns.table(lines))
    try view.output.tell(writer, [".png", ".tsv", ".nii.gz", ".json"])
  }
}
