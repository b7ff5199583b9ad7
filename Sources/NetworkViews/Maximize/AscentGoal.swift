public import PellucidAttribution
public import PellucidFaults
public import PellucidNetworks
package import PellucidTensors

/// What an image is driven towards: a weighted sum of a network's values.
public struct AscentGoal: Sendable {
  /// In words, such as `/Relu_3_output_0:12`.
  public let name: String
  /// The layer; nil: an output.
  public let layer: String?
  let network: Network
  /// The weight of each value, [1, K].
  let weights: Tensor

  /// What a score's target adds up, before the output activation.
  public init(_ score: ScoreFunction) {
    network = score.network
    name = score.target.name
    layer = nil
    weights = score.on(.logit).outputGradient(
      at: Tensor(repeating: 0, shape: Shape([1, score.network.outputCount]), order: .rowMajor))
  }

  /// A channel of a layer, or a weighted sum of its channels: the mean over its cells, or one cell.
  ///
  /// - Parameters:
  ///   - channels: a channel from 0, or a direction such as `3-7` or `0.5*3 + 0.5*7`.
  ///   - cell: the cell by its place along the layer's axes behind the channels; nil: the mean of all.
  /// - Throws: `.usage` for a channel or cell that the layer does not have.
  public init(
    _ channels: String, of layer: ValueID, in network: Network, at cell: [Int]? = nil
  ) throws(PellucidError) {
    let shape = network.imported.shape(of: layer)
    let layerName = network.imported.values[layer.index].name
    guard shape.rank >= 2 else { throw .layerHasNoChannels(layerName, shape: shape.description) }
    let axis = shape.channelAxis
    let count = shape[axis]
    if let index = Int(channels), !(0..<count).contains(index) {
      throw .noChannel(channels, of: layerName, count: count)
    }
    let factors: [Float]
    do {
      let classes = try Classes(outputs: count, activation: .none, names: nil)
      factors = try Target(parsing: channels, classes: classes).weights
    } catch {
      throw .noChannel(channels, of: layerName, count: count)
    }
    self.network = try network.ending(at: layer)
    self.layer = layerName
    name = "\(layerName):\(channels)" + (cell.map { " at \($0.map(String.init).joined(separator: ","))" } ?? "")
    weights = try Self.weights(factors, shape, axis: axis, at: cell, of: layerName)
  }

  private static func weights(
    _ factors: [Float], _ shape: Shape, axis: Int, at cell: [Int]?, of layer: String
  ) throws(PellucidError) -> Tensor {
    let places = shape.dimensions.indices.filter { $0 != axis }
    let cells = places.reduce(1) { $0 * shape[$1] }
    let strides = shape.strides(in: .rowMajor)
    if let cell {
      // The first axis is that of images, unless slices are folded into it.
      let axes = places.filter { $0 > 0 || shape[0] > 1 }
      guard cell.count == axes.count, zip(cell, axes).allSatisfy({ (0..<shape[$1]).contains($0) }) else {
        throw .noCell(cell, of: layer, extents: axes.map { shape[$0] })
      }
      var weights = [Float](repeating: 0, count: shape.count)
      let offset = zip(cell, axes).reduce(0) { $0 + $1.0 * strides[$1.1] }
      for (channel, factor) in factors.enumerated() { weights[offset + channel * strides[axis]] = factor }
      return Tensor(weights, shape: Shape([1, weights.count]))
    }
    var extents = Array(repeating: 1, count: shape.rank)
    extents[axis] = factors.count
    let row = Tensor(factors.map { $0 / Float(cells) }, shape: Shape(extents))
    let all = Tensor(repeating: 0, shape: shape, order: .rowMajor).combined(.add, with: row)
    return all.ordered(.rowMajor).reinterpreted(as: Shape([1, shape.count]), order: .rowMajor)
  }

  /// The sum for an image [1, C, D, H, W].
  package func value(of image: Tensor) throws(PellucidError) -> Double { try network.logits(image).dot(weights) }

  /// The sum for an image, and its slope in the image's shape, row-major.
  func slope(at image: Tensor) throws(PellucidError) -> (value: Double, gradient: Tensor) {
    let trace = try network.trace(image)
    let value = trace.logits.dot(weights)
    let input = network.graph.input
    let gradient = try trace.backward(weights, to: [input])[input]
    return (value, gradient?.ordered(.rowMajor) ?? Tensor(repeating: 0, shape: image.shape, order: .rowMajor))
  }
}

extension PellucidError {
  static func layerHasNoChannels(_ layer: String, shape: String) -> Self {
    .init(
      .usage, what: "the layer \(layer) has no channels", why: "its output is \(shape)",
      remedy: "choose a layer of the form [N, C, D, H, W] or [N, C]")
  }

  static func noChannel(_ channel: String, of layer: String, count: Int) -> Self {
    .init(
      .usage, what: "the layer \(layer) has no channel \(channel)",
      remedy: count == 1 ? "it has only channel 0" : "they are 0 to \(count - 1); a direction is written as 3-7")
  }

  static func noCell(_ cell: [Int], of layer: String, extents: [Int]) -> Self {
    let shape = extents.map(String.init).joined(separator: " × ")
    return .init(
      .usage, what: "the layer \(layer) has no cell \(cell.map(String.init).joined(separator: ","))",
      why: extents.isEmpty ? "a channel of it is a single value" : "it has \(shape) of them, counted from 0")
  }

  static func unitIsDead(_ name: String, hasRectifier: Bool) -> Self {
    .init(
      .badData, what: "\(name) does not change with the image, wherever the ascent begins",
      why: "its slope is 0 at every start: a unit that never answers, or not to such images",
      remedy: hasRectifier
        ? "name the tensor before the activation, or begin elsewhere with `from`" : "begin elsewhere with `from`")
  }
}
