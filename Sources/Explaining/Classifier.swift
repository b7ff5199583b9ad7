public import PellucidAttribution
public import PellucidFaults
public import PellucidModelCards
public import PellucidNetworks
import PellucidOnnxFiles
public import PellucidOnnxFormat
internal import PellucidPreprocessing
internal import PellucidTensors

/// A classifier on disk — ONNX file and model card — made ready for scans.
public struct Classifier: Sendable {
  /// The ONNX model.
  public let model: OnnxModel
  /// The card in force, with the inputs that the caller gave; the default card where there is none.
  public let card: ModelCard
  /// Whether a card was found.
  public let hasCard: Bool
  /// The images of a network that takes several, joined along the channels; empty for one.
  public let images: [OnnxModel.ImageInput]
  /// Files of further images, by input, for every scan.
  public let imageFiles: [String: String]
  private let inputs: [String: [Float]]
  private let fixed: Network?
  private let shelf = NetworkShelf()

  /// Reads a model and its card.
  ///
  /// - Parameters:
  ///   - path: the ONNX file.
  ///   - card: the card; nil: the one beside the model, if any.
  ///   - inputs: values of further graph inputs; they override the card's.
  ///   - imageFiles: files of further images, by graph input.
  /// - Throws: `.badData` and `.unsupported` where model or card cannot be used.
  public init(
    model path: String, card: String? = nil, inputs: [String: [Float]] = [:], imageFiles: [String: String] = [:]
  ) throws(PellucidError) {
    let cardPath = card ?? ModelCard.beside(model: path)
    let model = try OnnxModel(contentsOf: path)
    var card: ModelCard = if let cardPath { try ModelCard(contentsOf: cardPath) } else { .default }
    hasCard = cardPath != nil
    try Self.checkNames(model, card, given: (Array(inputs.keys) + imageFiles.keys).sorted())
    for (name, values) in inputs.sorted(by: { $0.key < $1.key }) {
      card.inputs.removeAll { $0.name == name }
      card.inputs.append(.init(name: name, values: values.map(Double.init)))
    }
    (self.model, images) = try Self.joined(model, &card, imageFiles)
    self.imageFiles = imageFiles
    self.card = card
    self.inputs = Dictionary(
      card.inputs.map { ($0.name, $0.values.map { Float($0) }) }, uniquingKeysWith: { $1 })
    let input = try self.model.imageInput()
    let isOpen = (input.dimensions ?? []).enumerated().contains { axis, dimension in
      if case .symbolic = dimension { axis > 0 } else { false }
    }
    fixed = isOpen || input.dimensions == nil ? nil : try Self.network(self.model, self.card, self.inputs, nil)
  }

  /// The model with its images joined where it takes several, and in the card a scaling for each channel of them.
  private static func joined(
    _ model: OnnxModel, _ card: inout ModelCard, _ files: [String: String]
  ) throws(PellucidError) -> (OnnxModel, [OnnxModel.ImageInput]) {
    let valued = Set(card.inputs.map(\.name))
    let all = model.furtherImages
    for name in (Array(card.images.keys) + files.keys).sorted() where !all.contains(name) {
      throw .notAnImage(name, model: model.path, card: files[name] == nil ? card.file ?? "the card" : nil)
    }
    let names = all.filter { !valued.contains($0) }
    guard !names.isEmpty else { return (model, []) }
    let (joined, images) = try model.joiningImages(names)
    var scalings: [ModelCard.Scaling] = []
    for (place, image) in images.enumerated() {
      let own = place == 0 ? card.input.scalings : card.images[image.name] ?? [ModelCard.Scaling()]
      guard own.count == 1 || own.count == image.channels.count else {
        throw .imageLists(image.name, card: card.file ?? "the card", items: own.count, channels: image.channels.count)
      }
      scalings += own.count == 1 ? Array(repeating: own[0], count: image.channels.count) : own
    }
    card.input.scalings = scalings
    return (joined, images)
  }

  /// The same classifier with another model of the same inputs and outputs in place of its own.
  init(_ other: Classifier, model: OnnxModel) throws(PellucidError) {
    (self.model, card, hasCard, inputs) = (model, other.card, other.hasCard, other.inputs)
    (images, imageFiles) = (other.images, other.imageFiles)
    fixed = try other.fixed.map { (_) throws(PellucidError) in try Self.network(model, other.card, other.inputs, nil) }
  }

  /// The inputs and the output that the card or the caller name must be the model's.
  private static func checkNames(_ model: OnnxModel, _ card: ModelCard, given: [String]) throws(PellucidError) {
    let image = try model.imageInput().name
    let further = model.graph.inputs.map(\.name).filter { $0 != image }
    for name in given where !further.contains(name) { throw .furtherInput(name, model: model.path, known: further) }
    let cardFile = card.file ?? "the card"
    for name in card.inputs.map(\.name) + card.images.keys.sorted() where !further.contains(name) {
      throw .furtherInput(name, model: model.path, known: further, card: cardFile)
    }
    let outputs = model.graph.outputs.map(\.name)
    if let output = card.output.name, !outputs.contains(output) {
      throw .output(output, model: model.path, known: outputs, card: cardFile)
    }
  }

  private static func network(
    _ model: OnnxModel, _ card: ModelCard, _ inputs: [String: [Float]], _ shape: (channels: Int, spatial: [Int])?,
    output: String? = nil, answering answers: Network.Answers? = nil
  ) throws(PellucidError) -> Network {
    let answers = answers ?? (output == nil && card.output.isQuantity ? .values : .logits)
    func network(_ answers: Network.Answers) throws(PellucidError) -> Network {
      do {
        return try Network(
          model, spatial: shape?.spatial, channels: shape?.channels, inputs: inputs, output: output ?? card.output.name,
          answering: answers)
      } catch {
        throw error.located(in: model.path)
      }
    }
    let found = try network(answers)
    guard output == nil else { return found }
    // Values between 0 and 1 of which the card says that they are logits.
    let areLogits = found.head.form == .logOdds && found.outputCount > 1 && card.output.activation == .softmax
    return areLogits ? try network(.values) : found
  }

  /// The output that answers: the card's, else the model's first.
  public var outputName: String? { card.output.name ?? model.graph.outputs.first?.name }

  /// The network for images of a size; extents that the model fixes are the model's.
  public func network(channels: Int, spatial: [Int]) throws(PellucidError) -> Network {
    if let fixed { return fixed }
    return try shelf.network("", [channels] + spatial) { () throws(PellucidError) in
      try Self.network(model, card, inputs, (channels, spatial))
    }
  }

  /// The network of another output, of this model or one made of it.
  /// - Parameter key: what tells it from other such networks.
  package func network(
    _ model: OnnxModel, output: String, called key: String, channels: Int, spatial: [Int],
    answering answers: Network.Answers = .logits
  ) throws(PellucidError) -> Network {
    try shelf.network(key, [channels] + spatial) { () throws(PellucidError) in
      try Self.network(model, card, inputs, (channels, spatial), output: output, answering: answers)
    }
  }

  /// The further inputs that are numbers, with their values, in the graph's order.
  var scalars: [(name: String, values: [Float])] {
    model.graph.inputs.compactMap { input in
      guard let given = inputs[input.name], let dimensions = input.dimensions, (1...2).contains(dimensions.count) else {
        return nil
      }
      // One value stands for a whole row.
      guard given.count == 1, dimensions.count == 2, case .fixed(let count) = dimensions[1], count < 1 << 16 else {
        return (input.name, given)
      }
      return (input.name, Array(repeating: given[0], count: count))
    }
  }

  /// The network of a model in which some of the inputs are read from channels of the image.
  func network(
    reading names: [String], from model: OnnxModel, channels: Int, spatial: [Int], target: String?
  ) throws(PellucidError) -> Network {
    let rest = inputs.filter { !names.contains($0.key) }
    let network = try shelf.network("numbers", [channels] + spatial) { () throws(PellucidError) in
      try Self.network(model, card, rest, (channels, spatial))
    }
    return try answering(network, target: target).0
  }

  /// The same classifier with other values of further inputs, and other files of further images.
  package init(
    _ other: Classifier, inputs: [String: [Float]], imageFiles: [String: String]
  ) throws(PellucidError) {
    (model, hasCard, images) = (other.model, other.hasCard, other.images)
    self.imageFiles = other.imageFiles.merging(imageFiles) { $1 }
    var card = other.card
    for (name, values) in inputs.sorted(by: { $0.key < $1.key }) {
      card.inputs.removeAll { $0.name == name }
      card.inputs.append(.init(name: name, values: values.map(Double.init)))
    }
    self.card = card
    let all = other.inputs.merging(inputs) { $1 }
    self.inputs = all
    fixed =
      inputs.isEmpty
      ? other.fixed
      : try other.fixed.map { (_) throws(PellucidError) in try Self.network(other.model, card, all, nil) }
  }

  /// The network, where the model or its card fix the size; else an error that says so.
  public func network() throws(PellucidError) -> Network {
    if let fixed { return fixed }
    let spatial = card.input.shape.map { shape in card.input.axes.voxelAxes.map { shape[$0] } }
    return try Self.network(model, card, inputs, spatial.map { (1, $0) })
  }

  /// The classes, and how logits become probabilities.
  ///
  /// The graph's end says so first, then the card; where neither does, softmax for two outputs and more, sigmoid for one. A card's `none` says that outputs are what they are, and fits every graph.
  public func classes(of network: Network) throws(PellucidError) -> Classes {
    let stated = card.output.activation
    if let ends = network.endsIn, let stated, stated != .none, stated != ends, network.head.form != .logarithms {
      throw .activations(card: card.file ?? "the card", stated: stated.rawValue, graph: ends.rawValue)
    }
    let usual: OutputActivation = network.outputCount > 1 ? .softmax : .sigmoid
    let activation = network.endsIn ?? stated ?? (card.output.isQuantity ? .none : usual)
    let names = card.output.classes.isEmpty ? nil : card.output.classes
    do throws(PellucidError) {
      if card.output.isQuantity, let names, names.count != network.outputCount {
        throw .classCount(names: names.count, outputs: network.outputCount)
      }
      return try Classes(outputs: network.outputCount, activation: activation, names: names)
    } catch {
      throw error.located(in: card.file ?? model.path)
    }
  }

  /// What the preprocessing must know of the model's input.
  var geometry: InputGeometry {
    get throws(PellucidError) {
      let dimensions = try model.imageInput().dimensions ?? Array(repeating: .symbolic("?"), count: 5)
      let extents = dimensions.map { dimension -> Int? in
        if case .fixed(let extent) = dimension { extent } else { nil }
      }
      guard extents.count == 5 else {
        throw PellucidError.rank(dimensions.map(\.description)).located(in: model.path)
      }
      return InputGeometry(channels: extents[1] ?? 1, spatial: Array(extents[2...]))
    }
  }
}

extension ModelCard.Output {
  /// Whether the outputs are quantities, which have no probabilities.
  var isQuantity: Bool {
    kind == .regression && bins == nil && (activation == nil || activation == OutputActivation.none)
  }
}
