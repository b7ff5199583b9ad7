internal import CPellucidLinear

/// A convolution of one cell (1 × 1 × 1) that is trained, rectified: each place's channels are mixed into new ones, max(0, W·x + b).
public struct PointConvolution: Sendable {
  /// Channels that come in, and that go out.
  public let inputs, outputs: Int
  /// W, a row an output; b.
  public var weights, bias: TrainedWeights

  /// A convolution of its weights.
  public init(inputs: Int, outputs: Int, weights: [Double], bias: [Double]) {
    precondition(weights.count == inputs * outputs && bias.count == outputs, "weights of the layer's extents")
    (self.inputs, self.outputs) = (inputs, outputs)
    (self.weights, self.bias) = (TrainedWeights(weights), TrainedWeights(bias))
  }

  /// What it makes of one image.
  /// - Parameter values: place after place, the channels of each together.
  /// - Returns: channel after channel, the places of each together.
  public func applied(to values: [Float]) -> [Double] {
    let places = values.count / inputs
    var made = [Double](repeating: 0, count: outputs * places)
    let status = unsafe pl_maps(
      Int64(places), Int64(inputs), Int64(outputs), DenseLayer.Activation.rectified.rawValue, values, weights.values,
      bias.values, &made)
    precondition(status == 0, "no memory for a layer")
    return made
  }

  /// Adds the slopes along its weights for one image.
  ///
  /// - Parameters:
  ///   - values: what came in.
  ///   - made: what went out.
  ///   - slopes: dL/d(made).
  public mutating func takeBack(_ slopes: [Double], of values: [Float], made: [Double]) {
    var arrived = slopes
    let status = unsafe pl_maps_slopes(
      Int64(values.count / inputs), Int64(inputs), Int64(outputs), DenseLayer.Activation.rectified.rawValue, values,
      made, &arrived, &weights.slopes, &bias.slopes)
    precondition(status == 0, "no memory for a layer")
  }

  /// A step of Adam; see ``TrainedWeights/step(_:rate:)``.
  public mutating func step(_ count: Int, rate: Double) {
    weights.step(count, rate: rate)
    bias.step(count, rate: rate)
  }
}
