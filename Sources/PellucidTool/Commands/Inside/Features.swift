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

struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a layer makes of a scan: its channels, over the anatomy.",
    discussion: """
      For example:

        pellucid features patient.nii.gz --model cnn.onnx \\
          --layer conv3 --channels top:12 --out results

      Writes into the folder, for each layer: STEM_features_LAYER.nii.gz, the tensor as the file defines it, a volume a channel, on \
      the layer's own grid, whose affine puts every cell at the centre of what it sees of the scan; .png, the channels over the scan; \
      _channels.tsv; .json; and the channels told apart by hue, as colours (RGB) and picture: _separation by activation, _cam by what \
      each adds to Grad-CAM's map of the target. pellucid inspect lists the layers.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("ONNX nodes or their outputs, with commas between.", valueName: "name[,name]"))
  var layer: String

  @Option(
    help: ArgumentHelp(
      "Which channels: all, the N of largest mean magnitude (top:N), or these, counted from 0.",
      valueName: "all|top:n|0,3,7"))
  var channels = "all"

  @Option(help: ArgumentHelp("How many channels get a hue.", valueName: "n"))
  var hues = 6

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What Grad-CAM's weights speak for: a class, or A-B (default: the class with the highest score).",
      valueName: "target"))
  var target: String?

  @OptionGroup var options: ViewOptions

  func validate() throws {
    if !(1...12).contains(hues) { throw ValidationError("--hues \(hues) is not between 1 and 12") }
  }

  func run() throws {
    let choice = try ChannelChoice(parsing: channels)
    let explainer = try options.explainer(target: target)
    let subject = try options.prepare(image, explainer)
    let layers = try LayerChoice.list(layer, in: subject.network)
    try LayerChoice.requireOwnFiles(layers)
    let question = try explainer.question(for: subject)
    let files = try options.output.files()
    let pictures = try FeaturePictures(over: subject.anatomy)
    var told: [(ViewWriter, [String])] = []
    for layer in layers {
      told.append(try write(layer, choice, explainer, subject, question, pictures, into: files))
    }
    try files.commit()
    for (writer, endings) in told { try options.output.tell(writer, endings) }
  }

  private func write(
    _ layer: LayerChoice, _ choice: ChannelChoice, _ explainer: Explainer, _ subject: Explainer.Case,
    _ question: Question, _ pictures: FeaturePictures, into files: FileSet
  ) throws -> (ViewWriter, [String]) {
    let clock = ContinuousClock()
    let begin = clock.now
    let stem = subject.scan.stem
    let features = try FeatureMaps(of: layer, choice, in: subject)
    let separation = ChannelSeparation(of: features, most: hues, in: subject)
    let cam = try ChannelSeparation(camOf: features, question, most: hues, in: subject)
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6
    let writer = ViewWriter(into: files, name: "\(stem)_features_\(layer.fileName)")
    let shape = features.tensor.shape
    try writer.add(features.volume, description: "features of \(layer.tensor)")
    try writer.add(
      try pictures.sheet(
        of: features, title: "\(stem) · \(layer.name)",
        subtitle: "\(features.chosen.count) of \(features.channels.count) channels; tensor \(shape)"
      ).png())
    try writer.add(features.table, role: "channels", ending: "_channels.tsv")
    var endings = [".nii.gz", ".png", "_channels.tsv"]
    for (colours, name, words) in [
      (separation, "separation", "channels by hue"),
      (cam, "cam", "channels of Grad-CAM's map of \(question.target.name) by hue"),
    ] {
      guard let colours else { continue }
      let volume = ColourVolume(colours.volume)
      try writer.add(role: name, ending: "_\(name).nii.gz") { (path) throws(PellucidError) in
        try volume.write(to: path, description: "Pellucid \(words)")
      }
      try writer.add(
        try pictures.sheet(of: colours, title: "\(stem) · \(layer.name) · \(words)", subtitle: "").png(),
        role: name + "_picture", ending: "_\(name).png")
      endings += ["_\(name).nii.gz", "_\(name).png"]
    }
    if cam == nil {
      StandardError.write(
        "pellucid: note: \(layer.name): no picture with Grad-CAM's weights; the layer lies behind the scores, or its map is 0 everywhere"
      )
    }
    let grid = features.grid
    let facts: JSONValue = [
      "layer": .string(layer.tensor), "shape": .integers(shape.dimensions), "channels": .integers(features.chosen),
      "silent_channels": .integers(features.silent),
      "grid": [
        "shape": .integers(grid.shape.extents), "affine": .numbers(grid.affine.elements),
        "jump_voxels": .numbers(grid.jump), "centre_voxels": .numbers(grid.centre),
      ],
      "separation": separation.map { .integers($0.channels) } ?? .null,
      "cam": cam.map { cam in
        ["channels": .integers(cam.channels), "weights": .numbers(cam.weights ?? [])]
      } ?? .null,
    ]
    try writer.finish(
      try ViewRecord(
        view: "features", of: explainer, subject: subject, layers: [layer.tensor],
        options: [
          "layer": .string(layer.name), "channels": .string(choice.text), "hues": .integer(hues),
          "target": .string(question.target.name),
        ], facts: facts, seconds: seconds))
    return (writer, endings + [".json"])
  }
}
