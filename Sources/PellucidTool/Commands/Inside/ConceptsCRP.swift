import ArgumentParser
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworkViews
import PellucidResults
import PellucidTables
import PellucidVolumes

struct ConceptsCRP: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crp",
    abstract:
      "Shows the relevance that goes through each channel of a layer alone, and the scans that a channel is used for.",
    discussion: """
      For example, the three channels of a layer that AD hangs on most, in three scans:

        pellucid concepts crp a.nii.gz b.nii.gz c.nii.gz --model cnn.onnx \\
          --layer conv4 --channels top:3 --target AD --out concepts

      Each scan gets STEM_crp_LAYER.nii.gz (a volume a channel, on the scan's grid; the parts of all channels add up to the map \
      of explain --method lrp), .png, .tsv (channel relevance share activation peak_x peak_y peak_z) and .json; with --atlas \
      also _regions.tsv. Of several scans relmax_LAYER.tsv names for each channel the scans in which it is most relevant, and \
      where in them; relmax_LAYER.png shows these places, and relmax_LAYER_channel-K.nii.gz holds them (the network's input, a \
      volume a scan, cut to what the cell with the most relevance sees), with _channel-K_relevance.nii.gz.
      """)

  @Argument(help: ArgumentHelp("Scans: images, folders or tables.", valueName: "scans"))
  var scans: [String]

  @Option(help: ArgumentHelp("The layer, an ONNX node or its output.", valueName: "name"))
  var layer: String

  @Option(
    help: ArgumentHelp(
      "Channels, counted from 0, or the N with the most relevance in each scan.", valueName: "top:n|n,n"))
  var channels = "top:5"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What is explained (default: the class with the highest score).", valueName: "target"))
  var target: String?

  @Option(help: ArgumentHelp("LRP's composite, by name or as a file (see pellucid methods).", valueName: "name"))
  var composite = "epsilon-plus"

  @Option(parsing: .unconditional, help: ArgumentHelp("Scans that are named for each channel.", valueName: "n"))
  var references = 8

  @OptionGroup(title: "Regions") var atlas: AtlasOptions
  @OptionGroup var view: ViewOptions

  /// Which channels are wanted.
  private enum Wanted {
    case strongest(Int)
    case these([Int])

    init(_ text: String) throws(PellucidError) {
      if text.hasPrefix("top:") {
        guard let count = Int(text.dropFirst(4)), (1...256).contains(count) else { throw .channelForm(text) }
        self = .strongest(count)
        return
      }
      var all: [Int] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let channel = Int(part), channel >= 0 else { throw .channelForm(text) }
        if !all.contains(channel) { all.append(channel) }
      }
      self = .these(all)
    }
  }

  func run() throws {
    let wanted = try Wanted(channels)
    guard (1...1000).contains(references) else { throw PellucidError.whole("references", references, "from 1 to 1000") }
    let method = try RelevancePropagation(OptionValues(dictionaryLiteral: ("composite", composite)))
    var all: [ScanReference] = []
    for path in scans { all += try ScanList.scans(path) }
    let loaded = try atlas.load(nan: view.nan.policy)
    let transforms = try atlas.handling.placement.transforms(nan: view.nan.policy)
    let base = try view.explainer(target: target)
    var options = base.options
    (options.atlas, options.atlasTransforms) = (loaded, transforms)
    let explainer = Explainer(base.classifier, options: options)
    let files = try view.output.files()
    var found: [[ChannelRelevance.Channel]] = []
    var told: [(writer: ViewWriter, endings: [String])] = []
    var name = layer
    for scan in all {
      let subject = try explainer.prepare(scan)
      StandardError.tell(subject.notes, of: scan.text)
      let question = try explainer.question(for: subject)
      let begin = ContinuousClock.now
      let relevance = try ChannelRelevance(at: layer, of: subject, question, in: explainer, by: method)
      StandardError.tell(relevance.notes, of: scan.text)
      name = relevance.layer.fileName
      let picked = try picked(wanted, relevance)
      var maps: [(channel: Int, map: Volume)] = []
      for channel in picked { maps.append((channel, try relevance.volume(through: [channel]))) }
      let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
      let writer = ViewWriter(into: files, name: "\(scan.stem)_crp_\(name)")
      try write(relevance, maps, subject, question, explainer, seconds, writer)
      told.append((writer, [".nii.gz", ".png", ".tsv"]))
      found.append(relevance.channels)
    }
    if all.count > 1 {
      let strongest =
        switch wanted {
        case .strongest(let count): RelevanceMaximum.strongest(found, count: count)
        case .these(let channels): channels
        }
      let writer = ViewWriter(into: files, name: "relmax_\(name)")
      let report = RelevanceMaximumReport(
        RelevanceMaximum.references(found, of: strongest, count: references), among: all, layer: layer, by: method)
      let begin = ContinuousClock.now
      let notes = try Bars.during { (bar) throws(PellucidError) in
        try report.write(into: writer, in: explainer, progress: bar("places"))
      }
      StandardError.tell(notes)
      try writer.finish(
        try ViewRecord(
          view: "concepts crp", of: explainer, layers: [layer], options: settings,
          facts: ["scans": .strings(all.map(\.text)), "channels": .integers(strongest)], notes: notes,
          seconds: Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000))
      told.append((writer, [".tsv"] + (report.hasPlaces ? [".png"] : [])))
    }
    try files.commit()
    for (writer, endings) in told { try view.output.tell(writer, endings) }
  }

  private var settings: JSONValue {
    [
      "layer": .string(layer), "channels": .string(channels), "target": target.map(JSONValue.string) ?? .null,
      "composite": .string(composite), "references": .integer(references),
    ]
  }

  private func picked(_ wanted: Wanted, _ relevance: ChannelRelevance) throws(PellucidError) -> [Int] {
    switch wanted {
    case .strongest(let count): return relevance.strongest(count)
    case .these(let channels):
      try relevance.check(channels)
      return channels
    }
  }

  private func write(
    _ relevance: ChannelRelevance, _ maps: [(channel: Int, map: Volume)], _ subject: Explainer.Case,
    _ question: Question, _ explainer: Explainer, _ seconds: Double, _ writer: ViewWriter
  ) throws(PellucidError) {
    if let volume = Volume.joined(maps.map(\.map)) {
      try writer.add(volume, description: "relevance through channels alone")
    }
    try writer.add(try picture(relevance, maps, subject, question.target.name))
    let rows = relevance.channels.sorted { (-$0.share, $0.index) < (-$1.share, $1.index) }
    try writer.add(
      Table([
        .whole("channel", rows.map(\.index)), .number("relevance", rows.map(\.relevance)),
        .number("share", rows.map(\.share)), .number("activation", rows.map(\.activation)),
        .number("peak_x", rows.map { $0.peak?[0] }), .number("peak_y", rows.map { $0.peak?[1] }),
        .number("peak_z", rows.map { $0.peak?[2] }),
      ]), role: "channels", ending: ".tsv")
    if let placed = subject.atlas {
      try writer.add(
        try RegionSums.table(of: maps.map { ("\($0.channel)", $0.map) }, key: "channel", in: placed), role: "regions",
        ending: "_regions.tsv")
    }
    var facts: JSONValue = [
      "target": .string(question.target.name), "relevance_of_outputs": .number(relevance.start),
      "relevance_of_layer": .number(relevance.channels.reduce(0) { $0 + $1.relevance }),
      "channels": .integers(maps.map(\.channel)),
    ]
    facts["relevance_of_channels"] = .numbers(maps.map { relevance.channels[$0.channel].relevance })
    try writer.finish(
      try ViewRecord(
        view: "concepts crp", of: explainer, subject: subject, layers: [relevance.layer.tensor], options: settings,
        facts: facts, notes: relevance.notes, seconds: seconds))
  }

  private func picture(
    _ relevance: ChannelRelevance, _ maps: [(channel: Int, map: Volume)], _ subject: Explainer.Case, _ target: String
  ) throws(PellucidError) -> [UInt8] {
    var options = MontageOptions()
    options.title = "\(subject.scan.stem) · \(target) through channels of \(layer)"
    options.subtitle = "relevance that goes through each channel alone (concept relevance propagation)"
    options.slices = 3
    let layers = maps.prefix(8).map { channel, map in
      Montage.Layer(
        map, name: "channel \(channel), \(FixedPoint.text(100 * relevance.channels[channel].share, digits: 0)) %")
    }
    return try Montage(anatomy: subject.anatomy, comparing: Array(layers), sharedScale: false, options: options).png()
  }
}

extension PellucidError {
  static func channelForm(_ text: String) -> Self {
    .init(
      .usage, what: "--channels \(text) names no channels", remedy: "write it as top:5, or as 0,3,7, counted from 0")
  }
}
