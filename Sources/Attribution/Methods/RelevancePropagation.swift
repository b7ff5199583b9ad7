package import Faults
internal import Networks
internal import Tensors

/// Layer-wise relevance propagation: the score is handed back from layer to layer, each unit's share going to what made it active.
///
/// Rules and composites are Zennit's; BatchNormalization is merged exactly into the layer before it.
/// - Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140; composites after Kohlbrenner et al. 2020, arXiv:1910.09840.
package struct RelevancePropagation: AttributionMethod {
  package static let name = "lrp"
  package static let summary = "layer-wise relevance propagation: the score shared out over the voxels"
  package static let paper = "Bach et al. 2015, doi:10.1371/journal.pone.0130140"
  package static let measure = Relevance.Measure.extensive
  package static let options = [
    MethodOption(
      "composite", Composite.Name.allCases.map(\.rawValue).joined(separator: "|"), default: "epsilon-plus",
      "which rule each kind of layer gets"),
    MethodOption("epsilon", "E", default: "1e-6", "stabilizer of the dense layers"),
    MethodOption("gamma", "G", default: "0.25", "how much epsilon-gamma-box favours positive contributions"),
    MethodOption("low", "VALUE", default: "min of the input", "lower bound of the input, for epsilon-gamma-box"),
    MethodOption("high", "VALUE", default: "max of the input", "upper bound of the input, for epsilon-gamma-box"),
    MethodOption(
      "relevance-start", "logit|one|softmax-gradient", default: "logit", "what is handed back from the outputs"),
  ]

  enum Start: String, CaseIterable {
    case logit, one
    case softmaxGradient = "softmax-gradient"
  }

  private let composite: Composite.Name
  private let epsilon: Float
  private let gamma: Float
  private let low: Float?
  private let high: Float?
  private let start: Start

  package init(_ values: OptionValues) throws(PellucidError) {
    composite = try values.choice("composite", default: .epsilonPlus)
    epsilon = try values.number("epsilon", default: 1e-6, in: 0...1e6, "a number of at least 0")
    gamma = try values.number("gamma", default: 0.25, in: 0...1e6, "a number of at least 0")
    low = try values.number("low")
    high = try values.number("high")
    start = try values.choice("relevance-start", default: .logit)
    if let low, let high, low >= high { throw .optionValue("low", "\(low)", wanted: "below --high \(high)") }
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let network = score.network
    let assignment = rules(for: subject.image).assignment(in: network)
    let trace = try network.trace(subject.image) { (node) throws(PellucidError) in assignment(node) }
    let begin = startingRelevance(of: trace.logits, score)
    guard let map = try trace.backward(begin, to: [network.graph.input])[network.graph.input] else {
      return Relevance(Tensor(repeating: 0, shape: subject.image.shape), measure: Self.measure)
    }
    if let index = map.firstNonFinite { throw .relevanceNotFinite(index) }
    return Relevance(
      map, measure: Self.measure,
      facts: [.init("relevance_of_outputs", .number(begin.sum)), .init("relevance_of_input", .number(map.sum))])
  }

  private func rules(for image: Tensor) -> Composite {
    switch composite {
    case .epsilon: return .epsilon(epsilon)
    case .epsilonPlus: return .epsilonPlus(epsilon: epsilon)
    case .epsilonAlpha2Beta1: return .epsilonAlpha2Beta1(epsilon: epsilon)
    case .epsilonPlusFlat: return .epsilonPlusFlat(epsilon: epsilon)
    case .epsilonGammaBox:
      let range = image.range
      return .epsilonGammaBox(
        epsilon: epsilon, gamma: gamma, low: low ?? range.lowerBound, high: high ?? range.upperBound)
    }
  }

  /// The relevance of the network's outputs, [1, K].
  ///
  ///     logit: w_k·z_k        one: w_k        softmax-gradient: Σ_t w_t·∂y_t/∂z_k
  private func startingRelevance(of outputs: Tensor, _ score: ScoreFunction) -> Tensor {
    switch start {
    case .softmaxGradient: return score.on(.probability).outputGradient(at: outputs)
    case .one: return score.on(.logit).outputGradient(at: outputs)
    case .logit:
      let weights = score.on(.logit).outputGradient(at: outputs)
      if score.kind == .logit { return weights.combined(.multiply, with: outputs) }
      let p = score.classes.probabilities(of: outputs.values)
      guard p.count == outputs.count else {
        // One logit for two classes: the second's probability belongs to it, the first's speaks against it.
        return Tensor([zip(score.target.weights, [-p[0], p[1]]).reduce(0) { $0 + $1.0 * $1.1 }], shape: outputs.shape)
      }
      return weights.combined(.multiply, with: Tensor(p, shape: outputs.shape))
    }
  }
}
