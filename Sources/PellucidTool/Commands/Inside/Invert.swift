import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidTables
import PellucidVolumes

struct Invert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rebuilds the scan from what a layer keeps of it.",
    discussion: """
      Gradient descent on an image until the layer answers it as it answers the scan (Mahendran & Vedaldi 2015). For example:

        pellucid invert patient.nii.gz --model cnn.onnx --layer /Relu_2 --out inside
        pellucid invert patient.nii.gz --model cnn.onnx --layer all --out inside

      A layer gets STEM_invert_LAYER.nii.gz (in units of the network's input), _linear.nii.gz (the layer's answer sent back \
      through the transposed network, switched as the scan switched it), _deconvnet.nii.gz, .png, _course.tsv and .json, whose \
      facts.relative_error is ‖Φ(x) - Φ(scan)‖²/‖Φ(scan)‖². Several layers get STEM_invert.tsv, .png, _series.png and .json \
      besides: what each depth still knows. "all": the layers that everything passes through.

      A rebuilt image is one of many that the layer cannot tell from the scan: docs/inside.md.
      """)

  @Argument(help: ArgumentHelp("The scan.", valueName: "image"))
  var image: String

  @OptionGroup var view: ViewOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("ONNX nodes or their outputs, separated by commas; or all.", valueName: "name[,name]"))
  var layer: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The only channel that counts, from 0 (default: all).", valueName: "n"))
  var channel: Int?

  @OptionGroup(title: "Descent") var descent: DescentOptions

  func run() throws {
    let settings = try descent.settings()
    let explainer = try view.explainer()
    let subject = try view.prepare(image, explainer)
    let layers =
      try layer == "all" && subject.network.imported.value(named: "all") == nil
      ? LayerChoice.waists(of: subject.network) : LayerChoice.list(layer, in: subject.network)
    try LayerChoice.requireOwnFiles(layers)
    let files = try view.output.files()
    let stem = subject.scan.stem
    let suffix = channel.map { "-\($0)" } ?? ""
    var reports: [InversionReport] = []
    var writers: [ViewWriter] = []
    var seconds: [Double] = []
    // Every layer is asked about before the first is rebuilt, which may take minutes.
    let inversions = try layers.map { (layer) throws(PellucidError) in
      try Inversion(layer.value, channel: channel, of: subject.prepared.input, in: subject.network, settings: settings)
    }
    for (layer, inversion) in zip(layers, inversions) {
      let clock = ContinuousClock()
      let begin = clock.now
      let found = try Bars.during { (progress) throws(PellucidError) in
        try inversion.run(progress: progress("\(stem) \(layer.name)"))
      }
      seconds.append((clock.now - begin) / .seconds(1))
      let report = try InversionReport(inversion, found, of: subject.prepared)
      let writer = ViewWriter(into: files, name: "\(stem)_invert_\(layer.fileName)\(suffix)")
      try report.add(to: writer, stem: stem)
      try writer.finish(
        try record(explainer, subject, [layer], settings, report.facts, seconds: seconds[seconds.count - 1]))
      try StandardOutput.write(
        "\(layer.name): relative error \(NumberText.significant(found.error, digits: 3)), correlation with the scan "
          + "\(NumberText.significant(found.correlation, digits: 3)), "
          + "\(NumberText.significant(seconds[seconds.count - 1], digits: 3)) s")
      reports.append(report)
      writers.append(writer)
    }
    if reports.count > 1 {
      let series = InversionSeries(reports)
      let writer = ViewWriter(into: files, name: "\(stem)_invert\(suffix)")
      try series.add(to: writer, stem: stem)
      try writer.finish(
        try record(explainer, subject, layers, settings, series.facts, seconds: seconds.reduce(0, +)))
    }
    try files.commit()
    for writer in writers {
      try view.output.tell(
        writer, [".nii.gz", "_linear.nii.gz", "_deconvnet.nii.gz", ".png", "_course.tsv", ".json"])
    }
    if reports.count > 1 {
      for ending in [".tsv", ".png", "_series.png", ".json"] {
        try StandardOutput.write("\(view.output.out.prefix)\(stem)_invert\(suffix)\(ending)")
      }
    }
  }

  private func record(
    _ explainer: Explainer, _ subject: Explainer.Case, _ layers: [LayerChoice], _ settings: Inversion.Settings,
    _ facts: JSONValue, seconds: Double
  ) throws(PellucidError) -> ViewRecord {
    var options = settings.json
    if let channel { options["channel"] = .integer(channel) }
    return try ViewRecord(
      view: "invert", of: explainer, subject: subject, layers: layers.map(\.tensor), options: options, facts: facts,
      seconds: seconds)
  }
}

/// How the descent goes, as options.
struct DescentOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Steps.", valueName: "n"))
  var steps = Inversion.Settings().steps

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far a step goes, as part of the scan's largest distance from its mean.", valueName: "number"))
  var rate = Inversion.Settings().rate

  @Option(help: ArgumentHelp("The rule of a step.", valueName: "rule"))
  var optimizer = AscentSettings.Optimizer.adam

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much of the last step goes on, for momentum.", valueName: "part"))
  var momentum = Inversion.Settings().momentum

  @Option(parsing: .unconditional, help: ArgumentHelp("The power of the norm.", valueName: "power"))
  var alpha = Inversion.Settings().alpha

  @Option(parsing: .unconditional, help: ArgumentHelp("The power of the total variation.", valueName: "power"))
  var beta = Inversion.Settings().beta

  @Option(parsing: .unconditional, help: ArgumentHelp("The weight of the norm.", valueName: "weight"))
  var norm = Inversion.Settings().weightAlpha

  @Option(parsing: .unconditional, help: ArgumentHelp("The weight of the total variation.", valueName: "weight"))
  var variation = Inversion.Settings().weightBeta

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Deviation of the noise at the start, as part of that distance.", valueName: "part"))
  var noise = Inversion.Settings().noise

  @Option(parsing: .unconditional, help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
  var seed = 0

  func settings() throws(PellucidError) -> Inversion.Settings {
    var settings = Inversion.Settings()
    (settings.steps, settings.rate, settings.optimizer, settings.momentum) = (steps, rate, optimizer, momentum)
    (settings.alpha, settings.beta, settings.weightAlpha, settings.weightBeta) = (alpha, beta, norm, variation)
    (settings.noise, settings.seed) = (noise, seed)
    return settings
  }
}
