public import PellucidExplaining
public import PellucidFaults
internal import PellucidFiles
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidTensors

/// An extractor in a folder, with what must be known of it: for which network and layer it was trained, and what is usual for its concepts.
public struct ConceptFolder: Sendable {
  /// The extractor.
  public let extractor: ConceptExtractor
  /// The record of its training.
  public let record: ViewRecord
  /// The layer, by its tensor's name.
  public let layer: String
  /// The classes' names.
  public let classes: [String]
  /// Of each concept the mean and the standard deviation of its relevance over the scans that were trained on.
  public let means, deviations: [Double]

  /// What the files are called before their endings.
  public static let name = "mace"

  /// Reads what `concepts train` wrote.
  /// - Throws: `.badData` for a folder that holds none, or one whose files do not belong together.
  public init(_ folder: String) throws(PellucidError) {
    let base = folder.hasSuffix("/") || folder.isEmpty ? folder : folder + "/"
    guard let record = ViewWriter.record(at: base + Self.name + ".json"), record.view == "concepts train",
      let layer = record.layers.first, let entry = record.files.entries.first(where: { $0.role == "extractor" })
    else { throw .noExtractor(folder) }
    let path = base + entry.name
    guard let tensors = SafeTensors(contentsOf: path), (try? SHA256.hexDigest(ofFile: path)) == entry.sha256,
      let form = Form(record.facts), let extractor = ConceptExtractor(tensors, form.form)
    else { throw .extractorChanged(path) }
    (self.extractor, self.record, self.layer) = (extractor, record, layer)
    (classes, means, deviations) = (form.classes, form.means, form.deviations)
  }

  /// Refuses a layer of another size.
  func check(_ layer: LayerChoice, of subject: Explainer.Case, at path: String) throws(PellucidError) {
    let shape = subject.network.imported.shape(of: layer.value)
    guard shape.rank == 5, shape[1] == extractor.form.channels, shape.voxels == extractor.form.places else {
      throw .extractorOfSize(path, shape.description)
    }
  }

  /// Refuses another network, or another layer.
  public func check(_ explainer: Explainer, layer: String?, at path: String) throws(PellucidError) {
    let own = explainer.modelRecord
    guard own.sha256 == record.model.sha256, own.weights?.map(\.sha256) == record.model.weights?.map(\.sha256) else {
      throw .extractorOfAnother(path, record.model.file)
    }
    if let layer, layer != self.layer, record.options["layer"] != .string(layer) {
      throw .extractorOfLayer(path, self.layer, layer)
    }
  }
}

/// The facts of a training's record that are read again.
private struct Form {
  let form: ConceptExtractor.Form
  let classes: [String]
  let means, deviations: [Double]

  init?(_ facts: JSONValue) {
    guard case .array(let names)? = facts["classes"], let concepts = facts["concepts"]?.whole,
      let channels = facts["channels"]?.whole, let places = facts["places"]?.whole, let row = facts["row_width"]?.whole,
      let isRectified = facts["row_is_rectified"], let widths = facts["embedding"]?.list, widths.count == 3,
      let means = facts["relevance_means"]?.list, let deviations = facts["relevance_sds"]?.list
    else { return nil }
    classes = names.map { if case .string(let name) = $0 { name } else { "" } }
    let extents = [classes.count, concepts, channels, places, row] + widths.map { Int($0) }
    guard extents.allSatisfy({ $0 > 0 && $0 < 1 << 24 }), means.count == classes.count * concepts,
      deviations.count == means.count
    else { return nil }
    form = ConceptExtractor.Form(
      classes: classes.count, concepts: concepts, channels: channels, places: places, row: row,
      isRectified: isRectified == .bool(true), widths: widths.map { Int($0) })
    (self.means, self.deviations) = (means, deviations)
  }
}

extension JSONValue {
  fileprivate var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .single(let value): Double(value)
    default: nil
    }
  }

  fileprivate var whole: Int? { double.flatMap { Int(exactly: $0) } }

  fileprivate var list: [Double]? {
    guard case .array(let values) = self else { return nil }
    let numbers = values.compactMap(\.double)
    return numbers.count == values.count ? numbers : nil
  }
}

extension ConceptExtractor {
  /// The weights by name.
  var tensors: SafeTensors {
    func layer(_ name: String, _ layer: DenseLayer) -> [SafeTensors.Entry] {
      [
        .init(name: name + ".weight", shape: [layer.outputs, layer.inputs], values: layer.weights.values),
        .init(name: name + ".bias", shape: [layer.outputs], values: layer.bias.values),
      ]
    }
    var entries: [SafeTensors.Entry] = [
      .init(name: "unit", shape: [1], values: [Double(unit)]),
      .init(name: "maps.weight", shape: [maps.outputs, maps.inputs], values: maps.weights.values),
      .init(name: "maps.bias", shape: [maps.outputs], values: maps.bias.values),
      .init(name: "usual", shape: [form.maps, form.places], values: usual),
    ]
    for place in 0..<form.classes {
      for step in 0..<3 { entries += layer("embeddings.\(place).\(step)", embeddings[place][step]) }
      entries += layer("relevances.\(place)", relevances[place])
    }
    return SafeTensors(entries + layer("output", output))
  }

  /// An extractor of these extents; nil where a tensor is missing.
  init?(_ tensors: SafeTensors, _ form: Form) {
    func layer(_ name: String, _ inputs: Int, _ outputs: Int, _ kind: DenseLayer.Activation) -> DenseLayer? {
      guard let weights = tensors.values(name + ".weight", [outputs, inputs]),
        let bias = tensors.values(name + ".bias", [outputs])
      else { return nil }
      return DenseLayer(inputs: inputs, outputs: outputs, kind, weights: weights, bias: bias)
    }
    guard let unit = tensors.values("unit", [1])?.first, unit > 0,
      let weights = tensors.values("maps.weight", [form.maps, form.channels]),
      let bias = tensors.values("maps.bias", [form.maps]),
      let usual = tensors.values("usual", [form.maps, form.places]),
      let output = layer("output", form.maps * form.embedding, form.row, form.isRectified ? .rectified : .linear)
    else { return nil }
    var (embeddings, relevances) = ([[DenseLayer]](), [DenseLayer]())
    for place in 0..<form.classes {
      let extents = [form.places] + form.widths
      let layers = (0..<3).compactMap { step in
        layer("embeddings.\(place).\(step)", extents[step], extents[step + 1], step < 2 ? .rectified : .tanh)
      }
      guard layers.count == 3,
        let relevance = layer("relevances.\(place)", form.concepts * form.embedding, 1, .linear)
      else { return nil }
      embeddings.append(layers)
      relevances.append(relevance)
    }
    self.init(
      form, unit: Float(unit),
      maps: PointConvolution(inputs: form.channels, outputs: form.maps, weights: weights, bias: bias),
      embeddings: embeddings, relevances: relevances, output: output)
    self.usual = usual
  }
}

extension PellucidError {
  static func noExtractor(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "the folder holds no extractor of concepts",
      remedy: "make one with pellucid concepts train")
  }

  static func extractorChanged(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the extractor is not the one that its record tells of",
      remedy: "train it again")
  }

  static func extractorOfAnother(_ path: String, _ model: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the extractor was trained for another network", why: model,
      remedy: "name that one, or train an extractor for this one")
  }

  static func extractorOfLayer(_ path: String, _ own: String, _ wanted: String) -> Self {
    .init(
      .usage, at: .init(file: path), what: "the extractor was trained at the layer \(own), not \(wanted)",
      remedy: "leave `layer` out, or train one there")
  }

  static func extractorOfSize(_ path: String, _ shape: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the extractor was trained for another size",
      why: "the layer is \(shape) here", remedy: "state input.shape in the model card, and train again")
  }
}
