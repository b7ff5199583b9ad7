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

struct FiltersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filters",
    abstract: "Shows a layer's weights: kernels, matrices, and a dense layer's weights on the map that it reads.",
    discussion: """
      For example:

        pellucid filters cnn.onnx --layer conv1 --out results
        pellucid filters cnn.onnx --layer fc1 --image patient.nii.gz --out results

      Writes MODEL_filters_LAYER.nii.gz, a volume an output channel (the kernels of its inputs one after the other along the third \
      axis; behind a flattened map a volume an output and channel of the map, outputs slowest), .png, sorted by similarity, \
      _histogram.png, _units.tsv and .json. With --image, a scan or a folder of scans, _units.tsv says how active each unit is and \
      which are dead, and a dense layer behind a map has _evidence.nii.gz: what each cell adds to each unit for the first scan.
      """)

  @OptionGroup var options: NetworkViewOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("An ONNX node or its output.", valueName: "name"))
  var layer: String

  @Option(help: ArgumentHelp("A scan, or a folder of scans, to see units at work.", valueName: "image|folder"))
  var image: String?

  func run() throws {
    let explainer = try options.explainer()
    let scans = try image.map { try Self.scans($0) } ?? []
    let first = try scans.first.map { try explainer.prepare(ScanReference($0)) }
    if let first { StandardError.tell(first.notes, of: scans[0]) }
    let network = try first?.network ?? explainer.classifier.network()
    let world = try first?.inputWorld ?? InputWorld(of: network, card: explainer.classifier.card)
    if let note = world.note { StandardError.tell([note]) }
    let clock = ContinuousClock()
    let begin = clock.now
    let layer = try LayerChoice(layer, in: network)
    let filters = try Filters(of: layer, in: network, world: world)
    var activity: UnitActivity?
    if let first {
      var found = try UnitActivity(of: layer, in: network)
      try found.add(first)
      let bar = ProgressBar("scans")
      for (done, scan) in scans.dropFirst().enumerated() {
        let subject = try explainer.prepare(ScanReference(scan))
        StandardError.tell(subject.notes, of: scan)
        try found.add(subject)
        bar.advanced(to: done + 2, of: scans.count)
      }
      activity = found
    }
    let evidence = try first.flatMap { first in
      try filters.map.flatMap { try filters.evidence(of: first.activation(of: $0.layer)) }
    }
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6

    let stem = NetworkStem.of(options.model)
    let files = try options.output.files()
    let writer = ViewWriter(into: files, name: "\(stem)_filters_\(layer.fileName)")
    try writer.add(filters.volume, description: "weights of \(layer.tensor)")
    try writer.add(
      try FilterPictures.sheet(
        of: filters, evidence: evidence, over: first?.anatomy, title: "\(stem) · \(layer.name)"
      ).png())
    try writer.add(
      try FilterPictures.histogram(of: filters, title: "\(stem) · \(layer.name)").png(), role: "histogram",
      ending: "_histogram.png")
    try writer.add(Self.table(filters, activity), role: "units", ending: "_units.tsv")
    var endings = [".nii.gz", ".png", "_histogram.png", "_units.tsv"]
    if let evidence {
      try writer.add(
        evidence, role: "evidence", ending: "_evidence.nii.gz", description: "evidence of \(layer.tensor)")
      endings.append("_evidence.nii.gz")
    }
    let dead = activity?.dead ?? []
    if !dead.isEmpty, let activity {
      StandardError.write(
        "pellucid: note: \(dead.count) of \(activity.units.count) units are dead over \(activity.scans == 1 ? "this scan" : "\(activity.scans) scans")"
      )
    }
    let weights = filters.layerWeights
    let facts: JSONValue = [
      "kind": .string(filters.kind.rawValue), "operator": .string(filters.node.type),
      "weights_shape": .integers(weights.weights.shape.dimensions), "groups": .integer(weights.groups),
      "dilation": weights.dilation.map { .integers($0) } ?? .null,
      "map": filters.map.map { .string($0.layer.tensor) } ?? .null, "order_by_similarity": .integers(filters.order),
      "active_tensor": activity.map { .string($0.tensor) } ?? .null,
      "scans": .strings(scans), "dead_units": activity == nil ? .null : .integers(dead),
    ]
    try writer.finish(
      try ViewRecord(
        view: "filters", of: explainer, subject: first, layers: [layer.tensor],
        options: ["layer": .string(layer.name), "image": image.map { .string($0) } ?? .null], facts: facts,
        notes: [world.note].compactMap { $0 }, seconds: seconds))
    try files.commit()
    try options.output.tell(writer, endings + [".json"])
  }

  /// The scans of a folder by name, or the one scan.
  private static func scans(_ path: String) throws(PellucidError) -> [String] {
    guard case .folder = FileKind.at(path) else { return [path] }
    let names = ImageName.images(among: FileContents.names(inFolder: path) ?? [])
    guard !names.isEmpty else {
      throw .init(
        .badData, at: .init(file: path), what: "the folder holds no scans", remedy: "name one with NIfTI files")
    }
    return names.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
  }

  private static func table(_ filters: Filters, _ activity: UnitActivity?) -> Table {
    let outputs = Array(0..<filters.outputCount)
    let values = filters.layerWeights.weights.values
    let size = values.count / max(1, outputs.count)
    let means = outputs.map { output in
      values[(output * size)..<((output + 1) * size)].reduce(0.0) { $0 + Double($1) } / Double(max(size, 1))
    }
    let places = Dictionary(uniqueKeysWithValues: filters.order.enumerated().map { ($1, $0 + 1) })
    var columns: [Table.Column] = [
      .whole("unit", outputs), .whole("place_by_similarity", outputs.map { places[$0] }),
      .number("norm", filters.norms), .number("mean_weight", means),
      .number("bias", outputs.map { output in filters.layerWeights.bias.map { Double($0[output]) } }),
    ]
    if let activity {
      let units = outputs.map { $0 < activity.units.count ? activity.units[$0] : nil }
      columns += [
        .number("mean_activation", units.map { $0?.mean }),
        .number("max_activation", units.map { $0.map { Double($0.high) } }),
        .number("shut", units.map { $0?.shut }),
        .text("dead", units.map { $0.map { activity.isRectified && $0.isDead ? "yes" : "no" } }),
      ]
    }
    return Table(columns)
  }
}
