internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The layers whose activations a class activation map weighs, and how their cells come to the input's grid.
///
/// Of several layers the map is the mean of their maps on the input's grid, each in its own units: a layer of larger values counts for
/// more. (pytorch-grad-cam scales every layer's map to 0…1 before it takes the mean.)
public struct CamLayers: Hashable, Sendable {
  static let upsampleOption = MethodOption(
    "upsample", "stretch|receptive-field", default: "stretch",
    "stretch cells over the whole input, or put each at the centre of what it sees")
  static let options = [
    MethodOption(
      "layer", "NAME[,NAME]", default: "the last convolution of more than one voxel, gates left out",
      "ONNX nodes or their outputs; of several the mean"),
    upsampleOption,
  ]

  /// Nodes or their outputs; none: the default layer.
  public let names: [String]
  /// How cells come to the input's grid.
  public let upsampling: CamUpsampling

  /// Layers by the names of ONNX nodes or of their outputs; none: the last convolution of more than one voxel.
  public init(_ names: [String] = [], upsampling: CamUpsampling = .stretch) {
    self.names = names
    self.upsampling = upsampling
  }

  init(_ values: OptionValues) throws(PellucidError) {
    self.init(
      values.text("layer").map { [$0] } ?? [], upsampling: try values.choice("upsample") ?? .stretch)
  }

  /// The options as text: the layers by their outputs' names.
  func settings(in network: Network, for method: String) throws(PellucidError) -> OptionValues {
    let layers = try Layers.activations(named: names, in: network, for: method)
    return [
      "layer": layers.map { network.imported.values[$0.index].name }.joined(separator: ","),
      "upsample": upsampling.rawValue,
    ]
  }

  /// A layer's activations [1, C, d, h, w], channels last, and the gradient of the score there.
  struct Layer {
    let name: String
    let activation: Tensor
    let gradient: Tensor
  }

  /// The map whose cells come of activations and gradients, in one forward and one backward pass for all layers.
  ///
  /// - Parameter cells: [1, 1, d, h, w] of one layer; what is negative becomes 0.
  func map(
    of subject: Subject, to score: ScoreFunction, for method: String, cells: (Layer) -> Tensor
  ) throws(PellucidError) -> Relevance {
    let layers = try Layers.activations(named: names, in: score.network, for: method)
    let exposed = try score.exposing(Set(layers))
    let trace = try exposed.network.trace(subject.image, watching: Set(layers))
    var activations: [Tensor] = []
    for layer in layers { activations.append(try Self.found(trace.activation(layer), layer, score)) }
    let gradients = try trace.backward(exposed.outputGradient(at: trace.logits), to: Set(layers))
    let all = zip(layers, activations).map { layer, activation in
      let gradient =
        gradients[layer]?.ordered(.channelsLast)
        ?? Tensor(repeating: 0, shape: activation.shape, order: .channelsLast)
      let name = exposed.network.imported.values[layer.index].name
      return cells(Layer(name: name, activation: activation, gradient: gradient))
    }
    return assembled(all, of: layers, activations, in: exposed.network, subject)
  }

  /// The activations of the layers in a network that has them as the file defines them.
  func activations(
    of subject: Subject, to score: ScoreFunction, for method: String
  ) throws(PellucidError) -> (score: ScoreFunction, layers: [ValueID], activations: [Tensor]) {
    let layers = try Layers.activations(named: names, in: score.network, for: method)
    let exposed = try score.exposing(Set(layers))
    let kept = try exposed.network.activations(Set(layers), of: subject.image)
    var activations: [Tensor] = []
    for layer in layers { activations.append(try Self.found(kept[layer], layer, score)) }
    return (exposed, layers, activations)
  }

  private static func found(
    _ activation: Tensor?, _ layer: ValueID, _ score: ScoreFunction
  ) throws(PellucidError) -> Tensor {
    guard let activation else { throw .layerBehindLogits(score.network.imported.values[layer.index].name) }
    return activation.ordered(.channelsLast)
  }

  /// The mean of the layers' maps on the input's grid, with what the provenance should say of them.
  func assembled(
    _ cells: [Tensor], of layers: [ValueID], _ activations: [Tensor], in network: Network, _ subject: Subject
  ) -> Relevance {
    var map: Tensor?
    var facts: [Relevance.Fact] = []
    for (place, layer) in layers.enumerated() {
      let grid = CamGrid(of: layer, in: network, upsampling: upsampling)
      let own = grid.onInput(cells[place].clamped(low: 0))
      map = map.map { $0.combined(.add, with: own) } ?? own
      facts += Self.facts(
        layer, activations[place], grid, network, subject, prefix: layers.count == 1 ? "layer" : "layer_\(place + 1)")
    }
    let mean = (map ?? Tensor(repeating: 0, shape: subject.image.shape)).scaled(by: 1 / Float(layers.count))
    return Relevance(mean, measure: .intensive, facts: facts)
  }

  /// A layer's name, its shape and the size of its cells.
  static func facts(
    _ layer: ValueID, _ activation: Tensor, _ grid: CamGrid, _ network: Network, _ subject: Subject,
    prefix: String = "layer"
  ) -> [Relevance.Fact] {
    [
      .init(prefix, .text(network.imported.values[layer.index].name)),
      .init(prefix + "_shape", .integers(activation.shape.dimensions)),
      .init(
        prefix + "_cell_mm", .numbers(zip(grid.cellExtents(activation.shape), subject.voxelSizes).map { $0 * $1 })),
    ]
  }
}
