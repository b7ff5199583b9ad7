public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The last activations weighed by the class's own dense weights, for networks that end in global average pooling and one dense layer.
///
///     R = Σ_k w_k·A_k, brought to the input's grid trilinearly
///
/// Of a probability, w_k is the slope ∂p/∂z of each class times its own weight, summed over the classes.
/// - Source: Zhou et al. 2016, arXiv:1512.04150.
public struct CAM {
  /// How the pooled layer's cells come to the input's grid.
  public let upsampling: CamUpsampling

  /// The method with these parameters.
  ///
  /// - Parameter upsampling: how the pooled layer's cells come to the input's grid.
  public init(upsampling: CamUpsampling = .stretch) { self.upsampling = upsampling }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CAM: AttributionMethod {
  public static let name = "cam"
  public static let summary = "class activation map of networks that end in global average pooling and a dense layer"
  public static let paper = "Zhou et al. 2016, arXiv:1512.04150"
  public static let measure = Relevance.Measure.intensive
  public static let options = [CamLayers.upsampleOption]

  public init(_ values: OptionValues) throws(PellucidError) {
    self.init(upsampling: try values.choice("upsample") ?? .stretch)
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    ["upsample": upsampling.rawValue]
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let network = score.network
    let activation = try Self.pooledActivation(of: network)
    let trace = try network.trace(subject.image, watching: [activation])
    guard let cells = trace.activation(activation)?.ordered(.channelsLast) else {
      throw .camNeeds("an activation to pool")
    }
    // Behind a global average pool the gradient to a channel is its dense weight over the number of voxels.
    let upstream = score.outputGradient(at: trace.logits)
    guard let gradient = try trace.backward(upstream, to: [activation])[activation] else {
      return Relevance(Tensor(repeating: 0, shape: subject.image.shape), measure: Self.measure)
    }
    let weights = gradient.ordered(.channelsLast).meanOverVoxels.scaled(by: Float(cells.shape.voxels))
    let grid = CamGrid(of: activation, in: network, upsampling: upsampling)
    return Relevance(
      grid.onInput(cells.combined(.multiply, with: weights).sumOverChannels), measure: Self.measure,
      facts: CamLayers.facts(activation, cells, grid, network, subject))
  }

  /// What is pooled: walking back from the output, one dense layer (or 1×1×1 convolution), then a global average.
  private static func pooledActivation(of network: Network) throws(PellucidError) -> ValueID {
    let graph = network.graph
    var value = graph.output
    var dense = 0
    while let node = graph.maker(of: value) {
      switch node.operation.role {
      case .dense: dense += 1
      case .convolution where graph.shape(of: node.output).voxels == 1: dense += 1
      case .rearrangement: break
      case .averaging where graph.shape(of: node.output).count == graph.shape(of: node.inputs[0])[1]:
        guard dense <= 1 else { throw .camNeeds("a single dense layer after the pooling, and it has \(dense)") }
        return node.inputs[0]
      default: throw .camNeeds("global average pooling before its dense layer; there is \(node.type) (\(node.name))")
      }
      value = node.inputs[0]
    }
    throw .camNeeds("global average pooling")
  }
}
