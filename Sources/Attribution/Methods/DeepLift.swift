public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// The difference of the score from a baseline's, shared out in one walk back by each step's own difference.
///
///     R = (x − x₀)·m        m: the multipliers of `DifferenceRule`, handed back from ∂s/∂z
///
/// The rescale rule. Σ R = s(x) − s(x₀) up to rounding for networks of linear and bilinear steps, quotients, activations, maxima and
/// normalizations; what is lacking is reported. A probability's multipliers begin at the logits with
///
///     sigmoid: Δp/Δz        softmax: w_k·Δp_k/Δz_k − mean over k        (normalized as Captum does, so that its sum is not Δp)
///
/// so that the logit, which is explained unless asked otherwise, has the better account.
/// - Source: Shrikumar et al. 2017, arXiv:1704.02685; the rules are those of Captum's `DeepLift`.
/// - Complexity: two forward passes and one backward.
public struct DeepLift {
  /// The image compared with.
  public let baseline: Baseline

  /// The method with these parameters.
  ///
  /// - Parameter baseline: the image compared with.
  /// - Throws: `.usage` for a number of the baseline that is out of bounds, naming the parameter.
  public init(baseline: Baseline = .value(0)) throws(PellucidError) {
    try baseline.check()
    self.baseline = baseline
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension DeepLift: AttributionMethod {
  public static let name = "deeplift"
  public static let summary = "the score's difference from a baseline's, shared out step by step"
  public static let paper = "Shrikumar et al. 2017, arXiv:1704.02685"
  public static let measure = Relevance.Measure.extensive
  public static let options = Baseline.options

  public init(_ values: OptionValues) throws(PellucidError) { try self.init(baseline: try Baseline(values)) }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    baseline.settings
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let network = score.network
    let image = subject.image.ordered(.channelsLast)
    let beginning = try baseline.image(for: subject)
    let start = beginning.image
    let trace = try network.trace(image, contrast: start) { (node) throws(PellucidError) in DifferenceRule(node) }
    guard let reference = trace.contrastLogits else { preconditionFailure("a trace without its baseline") }
    let outputs = trace.logits
    let begin = score.multipliers(from: reference.values, to: outputs.values)
    let scores = (score.scores(of: outputs)[0], score.scores(of: reference)[0])
    let multipliers = try trace.backward(Tensor(begin, shape: outputs.shape), to: [network.graph.input])
    let map =
      multipliers[network.graph.input].map {
        image.combined(.subtract, with: start).combined(.multiply, with: $0.ordered(.channelsLast))
      } ?? Tensor(repeating: 0, shape: image.shape)
    let completeness = Completeness(of: map, difference: scores.0 - scores.1)
    var relevance = Relevance(
      map, measure: Self.measure,
      facts: beginning.facts + [.init("score_of_baseline", .number(scores.1)), completeness.fact])
    relevance.notes =
      beginning.notes
      + completeness.notes(Self.name, how: "softmax is not shared exactly; use integrated-gradients")
    return relevance
  }
}

extension ScoreFunction {
  /// DeepLIFT's multipliers of the network's outputs.
  fileprivate func multipliers(from reference: [Float], to outputs: [Float]) -> [Float] {
    let gradient = outputGradient(at: Tensor(outputs, shape: Shape([1, outputs.count]))).values
    guard kind == .probability, classes.activation != .none else { return gradient }
    let (p, p0) = (classes.probabilities(of: outputs), classes.probabilities(of: reference))
    let (z, z0) = (classes.scores(of: outputs), classes.scores(of: reference))
    // By class: the weight times the slope of its own probability.
    let slopes = target.weights.indices.map { k -> Float in
      let change = z[k] - z0[k]
      guard abs(change) > 1e-6 else {
        return classes.activation == .sigmoid ? target.weights[k] * p[k] * (1 - p[k]) : gradient[k]
      }
      return target.weights[k] * (p[k] - p0[k]) / change
    }
    // One logit for two classes: z₀ = −z, z₁ = z.
    if classes.isOneLogitForTwo { return [slopes[1] - slopes[0]] }
    guard classes.activation == .softmax else { return slopes }
    let mean = slopes.reduce(0, +) / Float(slopes.count)
    return slopes.map { $0 - mean }
  }
}
