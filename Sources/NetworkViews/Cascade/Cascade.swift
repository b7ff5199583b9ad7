public import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors

/// One scan on its way through all stages of a network: which channels answer, where, and how much of the decision passes through each.
///
/// Relevance is layer-wise relevance propagation's, taken down where it passes the stages; the decisive path is the channel at which most
/// relevance arrives at the last stage, from there back the one that most of *its* relevance arrives at, and so on.
/// - Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140; conditioned on channels: Achtibat et al. 2023,
///   doi:10.1038/s42256-023-00711-8.
public struct Cascade: Sendable {
  /// A channel of a stage.
  public struct Channel: Sendable, Hashable {
    /// Its number.
    public let index: Int
    /// Mean and largest activation over its cells.
    public let mean, largest: Double
    /// Σ of the relevance that arrives at it.
    public let relevance: Double
    /// The same as part of what arrives at the stage; NaN where that is 0.
    public let share: Double
    /// The cell at which most relevance arrives, along the stage's axes behind the channels.
    public let peak: [Int]
  }

  /// A stage.
  public struct Stage: Sendable {
    /// The value that it is.
    public let value: ValueID
    /// The name of the value, and of the layer's node.
    public let tensor, node: String
    /// The layer's operator.
    public let type: String
    /// Its shape for one image.
    public let shape: Shape
    /// Its channels in their order.
    public let channels: [Channel]
    /// The channel that the decisive path goes through, and its part of the path's relevance that arrives there.
    public let path: (channel: Int, part: Double)?
    /// What it is for the scan, and the relevance that arrives at it, in its own shape.
    public let activation, relevance: Tensor
    /// Σ of that.
    public let sum: Double

    /// Channels by relevance, the most relevant first; ties: the lower number first.
    public var strongest: [Channel] {
      channels.sorted { ($1.relevance, $0.index) < ($0.relevance, $1.index) }
    }
  }

  /// From the image on.
  public let stages: [Stage]
  /// The relevance of the voxels, and the part of it that came along the decisive path, [1, C, D, H, W].
  public let image, path: Tensor
  /// What was handed back from the outputs.
  public let start: Double
  /// The graph that was walked: places of its values are those of the stages.
  let graph: Graph

  /// Follows a scan.
  ///
  /// - Parameters:
  ///   - image: the network's input, [1, C, D, H, W].
  ///   - score: what is explained.
  ///   - layers: the stages, by values of ``Network/imported``; none: those that everything passes through.
  ///   - most: how many stages at most, where they are not named.
  ///   - method: the rules of relevance.
  /// - Throws: `.unsupported` where the network has no stages; what relevance propagation throws.
  public init(
    of image: Tensor, to score: ScoreFunction, layers: [ValueID] = [], atMost most: Int = 12,
    by method: RelevancePropagation
  ) throws(PellucidError) {
    let named = Set(layers)
    let exposed =
      layers.isEmpty
      ? score
      : ScoreFunction(
        network: try score.network.exposing(named), classes: score.classes, target: score.target, kind: score.kind)
    let network = try method.network(for: exposed, sparing: named)
    let graph = network.graph
    var found = CascadeStages.stages(of: graph, atMost: layers.isEmpty ? most : .max)
    if !layers.isEmpty {
      found = try layers.map { (value) throws(PellucidError) in
        guard let node = graph.maker(of: value) else { throw .noStage(graph.values[value.index].name) }
        return .init(value: value, node: node)
      }
      let places = Dictionary(uniqueKeysWithValues: graph.nodes.enumerated().map { ($1.output, $0) })
      found.sort { (places[$0.value] ?? 0) < (places[$1.value] ?? 0) }
    }
    guard !found.isEmpty else { throw .noStages() }
    let values = Set(found.map(\.value))
    let flow = try method.flow(through: values, of: image, to: exposed)
    let path = try method.flow(through: values, of: image, to: exposed, asPath: true)
    stages = found.map { stage in
      let shape = graph.shape(of: stage.value)
      let activation = flow.activations[stage.value] ?? Tensor(repeating: 0, shape: shape)
      let relevance = flow.relevance[stage.value] ?? Tensor(repeating: 0, shape: shape)
      return Stage(
        value: stage.value, tensor: graph.values[stage.value.index].name, node: stage.node.name,
        type: stage.node.type, shape: shape, channels: Self.channels(activation, relevance),
        path: path.kept[stage.value], activation: activation, relevance: relevance, sum: relevance.sum)
    }
    (self.image, self.path, start, self.graph) = (flow.image, path.image, flow.start.sum, graph)
  }

  private static func channels(_ activation: Tensor, _ relevance: Tensor) -> [Channel] {
    let (a, r) = (activation.ordered(.rowMajor), relevance.ordered(.rowMajor))
    let shape = r.shape
    let axis = shape.channelAxis
    let inner = shape.dimensions.dropFirst(axis + 1).reduce(1, *)
    let outer = r.count / max(1, shape[axis] * inner)
    let places = shape.dimensions.indices.filter { $0 != axis && ($0 > 0 || shape[0] > 1) }
    let whole = r.sum
    return (0..<shape[axis]).map { channel in
      var (sum, relevance, largest) = (0.0, 0.0, -Double.infinity)
      var peak = (value: -Float.infinity, cell: 0)
      for o in 0..<outer {
        let from = (o * shape[axis] + channel) * inner
        let part = a.part(from: from, as: Shape([inner]))
        let arrived = r.part(from: from, as: Shape([inner]))
        sum += part.sum
        largest = max(largest, Double(part.range.upperBound))
        relevance += arrived.sum
        let most = arrived.range.upperBound
        if most > peak.value { peak = (most, from + (arrived.values.firstIndex(of: most) ?? 0)) }
      }
      let strides = shape.strides(in: .rowMajor)
      return Channel(
        index: channel, mean: sum / Double(max(1, outer * inner)), largest: largest, relevance: relevance,
        share: whole == 0 ? .nan : relevance / whole, peak: places.map { peak.cell / strides[$0] % shape[$0] })
    }
  }
}

extension PellucidError {
  static func noStages() -> Self {
    .init(
      .unsupported, what: "the network has no stage that everything passes through",
      remedy: "name layers with `layer`")
  }

  static func noStage(_ name: String) -> Self {
    .init(
      .usage, what: "no relevance passes the layer \(name)",
      why: "it lies behind the logits, or was merged into the layer before it",
      remedy: "name another layer with `layer`")
  }
}
