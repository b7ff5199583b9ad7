public import PellucidFaults
public import PellucidNetworks
public import PellucidTensors

/// The scale on which a target is measured.
public enum ScoreKind: String, Hashable, Sendable, CaseIterable {
  /// Before the output activation.
  case logit
  /// After it.
  case probability
}

/// The scalar function that every method explains: a network, a target, a scale.
///
///     logit:        s(x) = Σ_k w_k·z_k(x)
///     probability:  s(x) = Σ_k w_k·p_k(x),  p = softmax or sigmoid of z
public struct ScoreFunction: Sendable {
  /// The network.
  public let network: Network
  /// Its classes.
  public let classes: Classes
  /// What is explained.
  public let target: Target
  /// On which scale.
  public let kind: ScoreKind

  /// A score of a network.
  public init(network: Network, classes: Classes, target: Target, kind: ScoreKind) {
    self.network = network
    self.classes = classes
    self.target = target
    self.kind = kind
  }

  /// The same on another scale.
  public func on(_ kind: ScoreKind) -> ScoreFunction {
    with(network, kind)
  }

  private func with(_ network: Network, _ kind: ScoreKind) -> ScoreFunction {
    ScoreFunction(network: network, classes: classes, target: target, kind: kind)
  }

  /// The same score of the same network with these values exposed.
  package func exposing(_ values: Set<ValueID>) throws(PellucidError) -> ScoreFunction {
    with(try network.exposing(values), kind)
  }

  /// What each class has on the score's scale, from one image's outputs.
  func values(of outputs: [Float]) -> [Float] {
    kind == .logit ? classes.scores(of: outputs) : classes.probabilities(of: outputs)
  }

  /// The score of each row of a network's outputs [N, K].
  public func scores(of outputs: Tensor) -> [Double] {
    let values = outputs.values
    let k = outputs.shape[1]
    return (0..<outputs.shape[0]).map { row in
      let own = Array(values[(row * k)..<((row + 1) * k)])
      return zip(target.weights, self.values(of: own)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }

  /// The score of each image of a batch [N, C, D, H, W].
  public func scores(ofImages images: Tensor) throws(PellucidError) -> [Double] {
    scores(of: try network.logits(images))
  }

  /// ∂s/∂z for each row of outputs, [N, K].
  public func outputGradient(at outputs: Tensor) -> Tensor {
    let values = outputs.values
    let k = outputs.shape[1]
    var gradient: [Float] = []
    for row in 0..<outputs.shape[0] {
      gradient += outputGradient(of: Array(values[(row * k)..<((row + 1) * k)]))
    }
    return Tensor(gradient, shape: outputs.shape)
  }

  private func outputGradient(of outputs: [Float]) -> [Float] {
    let byClass = classGradient(of: outputs)
    // One logit for two classes: z₀ = −z, z₁ = z.
    return classes.isOneLogitForTwo ? [Float(byClass[1] - byClass[0])] : byClass.map { Float($0) }
  }

  /// ∂s/∂z_k for each class, from one image's outputs.
  func classGradient(of outputs: [Float]) -> [Double] {
    let weights = target.weights.map(Double.init)
    guard kind == .probability else { return weights }
    let p = classes.probabilities(of: outputs).map(Double.init)
    switch classes.activation {
    case .none: return weights
    case .sigmoid: return zip(weights, p).map { $0 * $1 * (1 - $1) }
    case .softmax:
      let mean = zip(weights, p).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(weights, p).map { $1 * ($0 - mean) }
    }
  }

  /// ∂s/∂x, in the image's shape [1, C, D, H, W] (or [N, …] for a batch).
  public func gradient(
    at images: Tensor, rule: (Node) throws(PellucidError) -> (any BackwardRule)? = { _ in nil }
  ) throws(PellucidError) -> Tensor {
    let trace = try network.trace(images, rule: rule)
    let upstream = outputGradient(at: trace.logits)
    let input = network.graph.input
    guard let gradient = try trace.backward(upstream, to: [input])[input] else {
      return Tensor(repeating: 0, shape: images.shape, order: .channelsLast)
    }
    if let index = gradient.firstNonFinite { throw .relevanceNotFinite(index) }
    return gradient
  }
}
