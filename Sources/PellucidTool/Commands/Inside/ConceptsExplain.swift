import ArgumentParser
import PellucidAtlases
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidTables
import PellucidVolumes

struct ConceptsExplain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Shows the concepts of scans that concepts train has learned (MACE).",
    discussion: """
      For example:

        pellucid concepts explain patient.nii.gz --model cnn.onnx --extractor mace --out results

      Each scan gets STEM_concepts.nii.gz (each concept's map on the layer's own grid, which opens over the scan; a volume a concept, class by class), \
      STEM_concepts_relevance.nii.gz (where its relevance differs from what is usual: the difference of the map times its slope), .png, .tsv (class concept \
      relevance usual difference z peak_x peak_y peak_z; usual: the mean over the scans of the training) and .json; with --atlas \
      also _regions.tsv. The network and the layer must be those of the training.
      """)

  @Argument(help: ArgumentHelp("Scans: images, folders or tables.", valueName: "scans"))
  var scans: [String]

  @Option(help: ArgumentHelp("The folder that concepts train has written.", valueName: "folder"))
  var extractor: String

  @Option(help: ArgumentHelp("The layer, to be sure of it (default: that of the training).", valueName: "name"))
  var layer: String?

  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var view: ViewOptions

  func run() throws {
    var all: [ScanReference] = []
    for path in scans { all += try ScanList.scans(path) }
    let folder = try ConceptFolder(extractor)
    let loaded = try atlas.load(nan: view.nan.policy)
    let transforms = try atlas.handling.placement.transforms(nan: view.nan.policy)
    let base = try view.explainer()
    var options = base.options
    (options.atlas, options.atlasTransforms) = (loaded, transforms)
    let explainer = Explainer(base.classifier, options: options)
    try folder.check(explainer, layer: layer, at: extractor)
    let files = try view.output.files()
    var told: [ViewWriter] = []
    var lines: [[String]] = [["scan", "class", "network", "concepts", "strongest"]]
    for scan in all {
      let subject = try explainer.prepare(scan)
      StandardError.tell(subject.notes, of: scan.text)
      let begin = ContinuousClock.now
      let explanation = try ConceptExplanation(of: subject, by: folder, at: extractor, in: explainer)
      let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
      let report = ConceptExplanationReport(explanation, by: folder, of: subject)
      let writer = ViewWriter(into: files, name: "\(scan.stem)_concepts")
      try report.write(into: writer)
      try writer.finish(
        try ViewRecord(
          view: "concepts explain", of: explainer, subject: subject, layers: [explanation.layer.tensor],
          options: ["extractor": .string(extractor), "layer": .string(folder.layer)], facts: report.facts,
          seconds: seconds))
      told.append(writer)
      for (place, name) in folder.classes.enumerated() {
        lines.append([
          place == 0 ? scan.stem : "", name,
          NumberText.significant(subject.probabilities.map { Double($0[place]) }, digits: 3),
          NumberText.significant(explanation.answer.probabilities[place], digits: 3),
          place == 0 ? report.strongest(3).map(report.name).joined(separator: ", ") : "",
        ])
      }
    }
    try files.commit()
    try StandardOutput.write(TextColumns.table(lines))
    for writer in told { try view.output.tell(writer, [".nii.gz", "_relevance.nii.gz", ".png", ".tsv", ".json"]) }
  }
}
