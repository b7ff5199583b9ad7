package import Faults
internal import Networks
internal import Tensors

/// Layer-wise relevance propagation: the score is handed back from layer to layer, each unit's share going to what made it active.
///
/// Rules and composites are Zennit's; BatchNormalization is merged exactly into the layer before it; attention and gates follow AttnLRP.
/// - Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140; composites after Kohlbrenner et al. 2020, arXiv:1910.09840.
package struct RelevancePropagation: AttributionMethod {
  package static let name = "lrp"
  package static let summary = "layer-wise relevance propagation: the score shared out over the voxels"
  package static let paper = "Bach et al. 2015, doi:10.1371/journal.pone.0130140"
  package static let measure = Relevance.Measure.extensive
  package static let options = [
    MethodOption(
      "composite", (Composite.Name.allCases.map(\.rawValue) + ["FILE.yaml"]).joined(separator: "|"),
      default: "epsilon-plus", "which rule each kind of layer gets; a file names rules by kind, position or node"),
    MethodOption("epsilon", "E", default: "1e-6", "stabilizer of the dense layers"),
    MethodOption("gamma", "G", default: "0.25", "how much epsilon-gamma-box favours positive contributions"),
    MethodOption(
      "low", "VALUE", default: "min of the input", "lower bound of the input, for epsilon-gamma-box and deep-taylor"),
    MethodOption(
      "high", "VALUE", default: "max of the input", "upper bound of the input, for epsilon-gamma-box and deep-taylor"),
    MethodOption(
      "relevance-start", RelevanceStart.allCases.map(\.rawValue).joined(separator: "|"), default: "logit",
      "what is handed back from the outputs"),
    MethodOption(
      flag: "conservation", "also write a table with the sum of relevance at every step, which shows where it leaks"),
  ]

  private let composite: Composite.Name
  private let recipe: CompositeRecipe?
  private let special: [Composite.Special]
  private let epsilon: Float
  private let gamma: Float
  private let low: Float?
  private let high: Float?
  private let start: RelevanceStart
  private let tellsConservation: Bool

  package init(_ values: OptionValues) throws(PellucidError) {
    recipe = values.recipe
    if let recipe {
      composite = try recipe.baseName()
      special = try recipe.specials()
    } else {
      composite = try values.choice("composite", default: .epsilonPlus, alternative: ", or a file *.yaml")
      special = []
    }
    epsilon = try values.number("epsilon", default: 1e-6, in: 0...1e6, "a number of at least 0")
    gamma = try values.number("gamma", default: 0.25, in: 0...1e6, "a number of at least 0")
    low = try values.number("low")
    high = try values.number("high")
    start = try values.choice("relevance-start", default: .logit)
    tellsConservation = values.flag("conservation")
    if let low, let high, low >= high { throw .optionValue("low", "\(low)", wanted: "below --high \(high)") }
  }

  package func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    var composite = self.composite(for: subject.image)
    composite.special = special + composite.special
    let network = try score.network.absorbingNormalizations(sparing: composite.apart(in: score.network.graph))
    let rules = composite.assigned(in: network)
    let trace = try network.trace(subject.image, inSlabs: !tellsConservation) { rules[$0] }
    let begin = try start.relevance(of: trace.logits, score)
    var conservation = Conservation()
    let input = network.graph.input
    let found: Tensor?
    if tellsConservation {
      found = try trace.backward(begin, to: [input]) { conservation.record($0, $1, $2) }[input]
    } else {
      found = try trace.backward(begin, to: [input])[input]
    }
    let map = found ?? Tensor(repeating: 0, shape: subject.image.shape)
    var relevance = Relevance(
      map, measure: Self.measure,
      facts: [
        .init("relevance_of_outputs", .number(begin.sum)), .init("relevance_of_input", .number(map.sum)),
        .init("rules", .table(rules.table)),
      ])
    if let recipe {
      for (place, entry) in recipe.entries.enumerated() {
        guard let why = rules.idle[place] else { continue }
        relevance.notes.append(Note(what: "\(recipe.file), \(entry.place), \(why.words)", how: "it is left out"))
      }
    }
    if begin.values.allSatisfy({ $0 == 0 }) {
      relevance.notes.append(
        Note(what: "the outputs are given no relevance", how: "the map is 0; take another --relevance-start"))
    }
    if tellsConservation { relevance.tables = [conservation.table(of: network, rules, start: begin)] }
    return relevance
  }

  private func composite(for image: Tensor) -> Composite {
    var bounds: (low: Float, high: Float) {
      if let low, let high { return (low, high) }
      let range = image.range
      return (low ?? range.lowerBound, high ?? range.upperBound)
    }
    switch composite {
    case .epsilon: return .epsilon(epsilon)
    case .epsilonPlus: return .epsilonPlus(epsilon: epsilon)
    case .epsilonAlpha2Beta1: return .epsilonAlpha2Beta1(epsilon: epsilon)
    case .epsilonPlusFlat: return .epsilonPlusFlat(epsilon: epsilon)
    case .epsilonAlpha2Beta1Flat: return .epsilonAlpha2Beta1Flat(epsilon: epsilon)
    case .excitationBackprop: return .excitationBackprop()
    case .deepTaylor: return .deepTaylor(low: bounds.low, high: bounds.high)
    case .epsilonGammaBox:
      return .epsilonGammaBox(epsilon: epsilon, gamma: gamma, low: bounds.low, high: bounds.high)
    }
  }
}
