internal import PellucidFaults
internal import PellucidTensors

extension Graph {
  /// Merges what scales and shifts channels (BatchNormalization, Mul and Add of constants) into the convolution or dense layer before it.
  ///
  /// Exact up to rounding: w′ = s·w, b′ = s·b + t by output channel. A layer whose own output somebody else reads, or asked to see, stays.
  func foldingAffine(preserving: Set<ValueID>) throws(PellucidError) -> Graph {
    var graph = self
    let readers = graph.readers()
    // The place of the node that makes each value; once from front to back is enough, since what is merged only takes another's place.
    var makers: [ValueID: Int] = [:]
    var merged: Set<Int> = []
    for (index, node) in graph.nodes.enumerated() {
      makers[node.output] = index
      guard let step = node.operation as? any ChannelAffine, node.inputs.count == 1,
        let at = makers[node.inputs[0]], let layer = graph.nodes[at].operation as? any AffineAbsorbing,
        readers[node.inputs[0].index] == 1, !preserving.contains(node.inputs[0]),
        let (scale, shift) = step.channelAffine(
          channels: layer.channelsOut, axis: layer.channelAxis(of: shape(of: node.inputs[0])),
          shape: shape(of: node.inputs[0]))
      else { continue }
      graph.nodes[at] = Node(
        name: graph.nodes[at].name, type: graph.nodes[at].type,
        operation: try layer.absorbing(scale: scale, shift: shift), inputs: graph.nodes[at].inputs, output: node.output)
      makers[node.output] = at
      merged.insert(index)
    }
    graph.nodes = graph.nodes.indices.filter { !merged.contains($0) }.map { graph.nodes[$0] }
    return graph
  }
}

/// A step that is a factor and a summand a channel.
protocol ChannelAffine: Operator {
  /// The factor and summand of each of `channels` along `axis` of the input; nil where it is something else.
  func channelAffine(channels: Int, axis: Int, shape: Shape) -> (scale: [Float], shift: [Float])?
}

/// A layer that can take a factor and a summand of each output channel into its weights.
protocol AffineAbsorbing: LinearOperator {
  var channelsOut: Int { get }
  func channelAxis(of output: Shape) -> Int
  func absorbing(scale: [Float], shift: [Float]) throws(PellucidError) -> any LinearOperator
}

extension BatchNormalization: ChannelAffine {
  func channelAffine(channels: Int, axis: Int, shape: Shape) -> (scale: [Float], shift: [Float])? {
    axis == 1 && channels == scale.count ? (scale, shift) : nil
  }
}

extension Binary: ChannelAffine {
  func channelAffine(channels: Int, axis: Int, shape: Shape) -> (scale: [Float], shift: [Float])? {
    guard let constant, !constant.isLeft || combination.isCommutative else { return nil }
    // The constant must vary along the channel axis alone, and not enlarge the input.
    let missing = shape.rank - constant.tensor.shape.rank
    guard missing >= 0 else { return nil }
    for (place, extent) in constant.tensor.shape.dimensions.enumerated() where extent != 1 {
      guard place + missing == axis, extent == channels else { return nil }
    }
    let values = constant.tensor.values
    let each = values.count == channels ? values : Array(repeating: values[0], count: channels)
    let ones = Array(repeating: Float(1), count: channels)
    let zeros = Array(repeating: Float(0), count: channels)
    switch combination {
    case .add: return (ones, each)
    case .subtract: return (ones, each.map { -$0 })
    case .multiply: return (each, zeros)
    case .divide where !each.contains(0): return (each.map { 1 / $0 }, zeros)
    default: return nil
    }
  }
}

extension Combination {
  var isCommutative: Bool {
    switch self {
    case .add, .multiply: true
    default: false
    }
  }
}

extension Conv: AffineAbsorbing {
  var channelsOut: Int { geometry.channelsOut }
  func channelAxis(of output: Shape) -> Int { 1 }

  func absorbing(scale: [Float], shift: [Float]) throws(PellucidError) -> any LinearOperator {
    let each = weights.count / geometry.channelsOut
    let scaled = weights.indices.map { weights[$0] * scale[$0 / each] }
    let bias = shift.indices.map { shift[$0] + scale[$0] * (self.bias?[$0] ?? 0) }
    return try Conv(weights: scaled, bias: bias, geometry: geometry)
  }
}

extension Dense: AffineAbsorbing {
  var channelsOut: Int { weights.shape[0] }
  func channelAxis(of output: Shape) -> Int { output.rank - 1 }

  func absorbing(scale: [Float], shift: [Float]) throws(PellucidError) -> any LinearOperator {
    let scaled = weights.combined(.multiply, with: Tensor(scale, shape: Shape([scale.count, 1])))
    let bias = shift.indices.map { shift[$0] + scale[$0] * (self.bias?[$0] ?? 0) }
    return Dense(weights: scaled, bias: bias)
  }
}
