package import PellucidFaults
internal import PellucidTensors

extension Network {
  /// The same network for relevance propagation: channel-wise factors and summands (BatchNormalization) that stand apart from their
  /// linear layer by nothing but pools, reshapes or nothing at all are merged into it, before or behind them.
  ///
  /// Exact up to rounding:
  /// - *behind a pool*: conv → pool → BN is conv′ → pool, because means, and maxima under positive factors, commute with it;
  /// - *before a layer*: BN → (pool, flatten) → layer is (pool, flatten) → layer′ with w′ = w·s and the summands' contribution as a bias,
  ///   which differs from place to place where the layer pads.
  ///
  /// What stands between two nonlinear steps stays (DenseNet: BN → ReLU → conv).
  ///
  /// - Parameter spared: outputs of steps that stay.
  package func absorbingNormalizations(sparing spared: Set<ValueID> = []) throws(PellucidError) -> Network {
    var copy = self
    copy.graph = try graph.absorbingBackward(sparing: spared).absorbingForward(sparing: spared)
    return copy
  }
}

extension Graph {
  /// The step that reads a value, where it is the only one.
  private func onlyReader(of value: ValueID) -> Int? {
    guard value != output else { return nil }
    let readers = nodes.indices.filter { nodes[$0].inputs.contains(value) }
    guard readers.count == 1, nodes[readers[0]].inputs.count == 1 else { return nil }
    return readers[0]
  }

  /// Whether s·x + t commutes with a step, for these factors.
  private func commutes(_ node: Node, _ scale: [Float]) -> Bool {
    switch node.operation {
    case let pool as AveragePool: !pool.countPadding
    case is MaxPool: scale.allSatisfy { $0 > 0 }
    case let reduce as Reduce: reduce.role == .averaging || (reduce.role == .maximum && scale.allSatisfy { $0 > 0 })
    default: false
    }
  }

  /// Factors and summands by channel (axis 1) of a step of one dynamic input.
  private func channelAffine(_ node: Node) -> (scale: [Float], shift: [Float])? {
    let shape = shape(of: node.output)
    guard node.inputs.count == 1, shape.rank >= 2, shape == self.shape(of: node.inputs[0]),
      let step = node.operation as? any ChannelAffine
    else { return nil }
    return step.channelAffine(channels: shape[1], axis: 1, shape: shape)
  }

  fileprivate func absorbingBackward(sparing spared: Set<ValueID>) throws(PellucidError) -> Graph {
    var graph = self
    var place = 0
    while place < graph.nodes.count {
      let node = graph.nodes[place]
      if !spared.contains(node.output), let (scale, shift) = graph.channelAffine(node),
        let at = graph.layer(before: node, scale),
        let layer = graph.nodes[at].operation as? any AffineAbsorbing, layer.channelsOut == scale.count
      {
        graph.nodes[at] = graph.nodes[at].replacing(try layer.absorbing(scale: scale, shift: shift))
        graph.remove(place)
      } else {
        place += 1
      }
    }
    return graph
  }

  /// The linear layer before a step, with at least one pool and nothing else between.
  private func layer(before node: Node, _ scale: [Float]) -> Int? {
    var value = node.inputs[0]
    var pools = 0
    while let at = nodes.firstIndex(where: { $0.output == value }), onlyReader(of: value) != nil {
      if nodes[at].operation is any AffineAbsorbing, nodes[at].operation.role == .convolution {
        return pools > 0 ? at : nil
      }
      guard commutes(nodes[at], scale), nodes[at].inputs.count == 1 else { return nil }
      pools += 1
      value = nodes[at].inputs[0]
    }
    return nil
  }

  fileprivate func absorbingForward(sparing spared: Set<ValueID>) throws(PellucidError) -> Graph {
    var graph = self
    var place = graph.nodes.count - 1
    // From the end, so that a layer's bias is complete before a step in front of it is merged.
    while place >= 0 {
      let node = graph.nodes[place]
      if !spared.contains(node.output), let (scale, shift) = graph.channelAffine(node),
        let found = graph.layer(behind: node, scale, shift),
        let layer = graph.nodes[found.at].operation as? any LinearOperator,
        let scaled = try layer.scalingInputs(by: found.scale)
      {
        // One image's, or one slice's, stands for all.
        let shape = graph.shape(of: graph.nodes[found.at].inputs[0]).withBatch(1)
        let extents = [1, found.shift.count] + Array(repeating: 1, count: shape.rank - 2)
        let constant = Tensor(repeating: 1, shape: shape).combined(
          .multiply, with: Tensor(found.shift, shape: Shape(extents)))
        let offset = try layer.forward([constant])
        graph.nodes[found.at] = graph.nodes[found.at].replacing(try scaled.withOffset(offset))
        graph.remove(place)
      }
      place -= 1
    }
    return graph
  }

  /// The linear layer behind a step, with nothing but pools and a flattening between, and factors and summands of its inputs.
  private func layer(
    behind node: Node, _ scale: [Float], _ shift: [Float]
  ) -> (at: Int, scale: [Float], shift: [Float])? {
    var (value, scale, shift) = (node.output, scale, shift)
    while let at = onlyReader(of: value) {
      let next = nodes[at]
      let (from, to) = (shape(of: value), shape(of: next.output))
      if next.operation is any LinearOperator {
        let fits = (next.operation is Dense ? from.rank == 2 : from.isMap) && from[1] == scale.count
        return fits ? (at, scale, shift) : nil
      }
      if next.operation is Reshape, to.rank == 2, from[0] == to[0], from.rank > 2 {
        let each = from.count / max(1, from[0] * from[1])
        scale = scale.flatMap { Array(repeating: $0, count: each) }
        shift = shift.flatMap { Array(repeating: $0, count: each) }
      } else if !commutes(next, scale) || to.rank < 2 {
        return nil
      }
      value = next.output
    }
    return nil
  }

  /// Takes a step of one input out: who read its output reads its input.
  private mutating func remove(_ place: Int) {
    let gone = nodes.remove(at: place)
    let (old, new) = (gone.output, gone.inputs[0])
    nodes = nodes.map { node in
      guard node.inputs.contains(old) else { return node }
      return Node(
        name: node.name, type: node.type, operation: node.operation,
        inputs: node.inputs.map { $0 == old ? new : $0 }, output: node.output)
    }
    if output == old { output = new }
  }
}

/// A linear layer without bias, plus a constant of its own at every place of its output.
struct OffsetLayer: LinearOperator {
  static let onnxNames: [String] = []
  let layer: any LinearOperator
  /// [1, C, D, H, W], or [1, C].
  let offset: Tensor

  init(layer: any LinearOperator, offset: Tensor) {
    self.layer = layer
    self.offset = offset
  }

  init(_ node: OperatorContext) throws(PellucidError) {
    preconditionFailure("no ONNX operator is an OffsetLayer")
  }

  var role: Role { layer.role }
  var gradientNeeds: GradientNeeds { layer.gradientNeeds }
  var field: SpatialField { layer.field }
  var parameterCount: Int { layer.parameterCount + offset.count }
  func multiplyAdds(inputs: [Shape], output: Shape) -> Int { layer.multiplyAdds(inputs: inputs, output: output) }
  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try layer.shape(of: inputs) }

  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try layer.forward(inputs).combined(.add, with: offset)
  }

  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    try layer.gradient(upstream, saved: saved)
  }

  func with(_ change: WeightChange) throws(PellucidError) -> any LinearOperator {
    let changed = try layer.with(WeightChange(weights: change.weights, bias: nil))
    guard let map = change.bias else { return changed }
    return OffsetLayer(
      layer: changed, offset: Tensor(offset.values.map { map($0) }, shape: offset.shape, order: offset.order))
  }
}

extension LinearOperator {
  /// The layer with a constant of its own at every place of its output instead of its bias.
  fileprivate func withOffset(_ offset: Tensor) throws(PellucidError) -> any LinearOperator {
    switch self {
    case let conv as Conv where !conv.padding.isPadding:
      let values = offset.ordered(.rowMajor).values
      let each = offset.shape.voxels
      return try Conv(
        weights: conv.weights, bias: (0..<conv.channelsOut).map { values[$0 * each] }, geometry: conv.geometry)
    case let dense as Dense: return Dense(weights: dense.weights, bias: offset.values)
    default: return OffsetLayer(layer: try with(.withoutBias), offset: offset)
    }
  }

  /// The layer with every weight times the factor of its input channel; nil for layers that lack it.
  fileprivate func scalingInputs(by scale: [Float]) throws(PellucidError) -> (any LinearOperator)? {
    switch self {
    case let conv as Conv:
      let geometry = conv.geometry
      let taps = geometry.padding.kernel.reduce(1, *)
      let (each, outputs) = (geometry.channelsIn / geometry.groups, geometry.channelsOut / geometry.groups)
      let weights = conv.weights.indices.map { index in
        let (to, from) = (index / (taps * each), index / taps % each)
        return conv.weights[index] * scale[to / outputs * each + from]
      }
      return try Conv(weights: weights, bias: conv.bias, geometry: geometry)
    case let transposed as ConvTranspose: return try transposed.withInputs(scaledBy: scale)
    case let dense as Dense:
      return Dense(
        weights: dense.weights.combined(.multiply, with: Tensor(scale, shape: Shape([scale.count]))), bias: dense.bias)
    case let shifted as OffsetLayer:
      return try shifted.layer.scalingInputs(by: scale).map { OffsetLayer(layer: $0, offset: shifted.offset) }
    default: return nil
    }
  }
}
