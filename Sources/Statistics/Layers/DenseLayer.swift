internal import CPellucidLinear

/// A dense layer that is trained: y = a(W·x + b).
public struct DenseLayer: Sendable {
  /// What is applied to the sums.
  public enum Activation: Int32, Sendable {
    /// Nothing.
    case linear = 0
    /// max(0, ·).
    case rectified = 1
    /// The hyperbolic tangent.
    case tanh = 2
  }

  /// Numbers of a row that come in, and that go out.
  public let inputs, outputs: Int
  /// a.
  public let activation: Activation
  /// W, a row an output; b.
  public var weights, bias: TrainedWeights

  /// A layer of its weights.
  public init(inputs: Int, outputs: Int, _ activation: Activation, weights: [Double], bias: [Double]) {
    precondition(weights.count == inputs * outputs && bias.count == outputs, "weights of the layer's extents")
    (self.inputs, self.outputs, self.activation) = (inputs, outputs, activation)
    (self.weights, self.bias) = (TrainedWeights(weights), TrainedWeights(bias))
  }

  /// A layer of random weights, without bias.
  public init(inputs: Int, outputs: Int, _ activation: Activation, from numbers: inout RandomNumbers) {
    self.init(
      inputs: inputs, outputs: outputs, activation,
      weights: TrainedWeights(inputs: inputs, outputs: outputs, from: &numbers).values,
      bias: Array(repeating: 0, count: outputs))
  }

  /// What it makes of rows, one after the other.
  public func applied(to rows: [Double]) -> [Double] {
    let count = rows.count / inputs
    precondition(rows.count == count * inputs, "whole rows")
    var made = [Double](repeating: 0, count: count * outputs)
    let status = unsafe pl_dense(
      Int64(count), Int64(inputs), Int64(outputs), activation.rawValue, rows, weights.values, bias.values, &made)
    precondition(status == 0, "no memory for a layer")
    return made
  }

  /// Adds the slopes along its weights.
  ///
  /// - Parameters:
  ///   - rows: what came in.
  ///   - made: what went out.
  ///   - slopes: dL/d(made).
  /// - Returns: dL/d(rows).
  public mutating func takeBack(_ slopes: [Double], of rows: [Double], made: [Double]) -> [Double] {
    var (arrived, passed) = (slopes, [Double](repeating: 0, count: rows.count))
    let status = unsafe pl_dense_slopes(
      Int64(rows.count / inputs), Int64(inputs), Int64(outputs), activation.rawValue, rows, weights.values, made,
      &arrived, &weights.slopes, &bias.slopes, &passed)
    precondition(status == 0, "no memory for a layer")
    return passed
  }

  /// dL/d(rows) alone, with the weights left as they are.
  public func passedBack(_ slopes: [Double], of rows: [Double], made: [Double]) -> [Double] {
    var (arrived, passed) = (slopes, [Double](repeating: 0, count: rows.count))
    let status = unsafe pl_dense_slopes(
      Int64(rows.count / inputs), Int64(inputs), Int64(outputs), activation.rawValue, rows, weights.values, made,
      &arrived, nil, nil, &passed)
    precondition(status == 0, "no memory for a layer")
    return passed
  }

  /// A step of Adam; see ``TrainedWeights/step(_:rate:)``.
  public mutating func step(_ count: Int, rate: Double) {
    weights.step(count, rate: rate)
    bias.step(count, rate: rate)
  }
}
