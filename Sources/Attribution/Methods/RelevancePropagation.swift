public import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

/// Layer-wise relevance propagation: the score is handed back from layer to layer, each unit's share going to what made it active.
///
/// Rules and composites are Zennit's; BatchNormalization is merged exactly into the layer before it; attention and gates follow AttnLRP.
/// - Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140; composites after Kohlbrenner et al. 2020, arXiv:1910.09840.
public struct RelevancePropagation {
  /// Which rule each kind of layer gets.
  public let composite: CompositeChoice
  /// Stabilizer of the dense layers.
  public let epsilon: Float
  /// How much epsilon-gamma-box favours positive contributions.
  public let gamma: Float
  /// Lower bound of the input, for the composites with a rule for bounded inputs; nil: the input's own.
  public let low: Float?
  /// Upper bound of the input, for the composites with a rule for bounded inputs; nil: the input's own.
  public let high: Float?
  /// What is handed back from the outputs.
  public let start: RelevanceStart
  /// Whether a table tells the sum of relevance at every step.
  public let conservation: Bool

  /// The method with these parameters.
  ///
  /// - Parameters:
  ///   - composite: which rule each kind of layer gets.
  ///   - epsilon: stabilizer of the dense layers, 0 to 1e6.
  ///   - gamma: how much epsilon-gamma-box favours positive contributions, 0 to 1e6.
  ///   - low: lower bound of the input, for epsilon-gamma-box and deep-taylor; nil: the input's own.
  ///   - high: upper bound of the input, for epsilon-gamma-box and deep-taylor; nil: the input's own.
  ///   - start: what is handed back from the outputs.
  ///   - conservation: whether a table tells the sum of relevance at every step, which shows where it leaks.
  /// - Throws: `.usage` for a number out of bounds, naming the parameter; `.badData` for a recipe that says what no composite says.
  public init(
    composite: CompositeChoice = .epsilonPlus, epsilon: Float = 1e-6, gamma: Float = 0.25, low: Float? = nil,
    high: Float? = nil, start: RelevanceStart = .logit, conservation: Bool = false
  ) throws(PellucidError) {
    try ParameterCheck.number("epsilon", epsilon, in: 0...1e6, "a number of at least 0")
    try ParameterCheck.number("gamma", gamma, in: 0...1e6, "a number of at least 0")
    try ParameterCheck.finite("low", low)
    try ParameterCheck.finite("high", high)
    if let low, let high, low >= high {
      throw .parameter("low", "\(low)", wanted: "below `high` \(high)")
    }
    if case .recipe(let recipe) = composite { try recipe.check() }
    self.composite = composite
    self.epsilon = epsilon
    self.gamma = gamma
    self.low = low
    self.high = high
    self.start = start
    self.conservation = conservation
  }
}

// What the protocol asks for is documented there.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RelevancePropagation: AttributionMethod {
  public static let name = "lrp"
  public static let summary = "layer-wise relevance propagation: the score shared out over the voxels"
  public static let paper = "Bach et al. 2015, doi:10.1371/journal.pone.0130140"
  public static let measure = Relevance.Measure.extensive
  public static let options = [
    MethodOption(
      "composite", (CompositeCatalogue.composites.map(\.name) + ["FILE.yaml"]).joined(separator: "|"),
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

  public init(_ values: OptionValues) throws(PellucidError) {
    try self.init(
      composite: try values.text("composite").map { (text) throws(PellucidError) in try CompositeChoice(text) }
        ?? .epsilonPlus,
      epsilon: try values.number("epsilon") ?? 1e-6, gamma: try values.number("gamma") ?? 0.25,
      low: try values.number("low"), high: try values.number("high"),
      start: try values.choice("relevance-start") ?? .logit, conservation: values.flag("conservation"))
  }

  public func settings(for subject: Subject, _ score: ScoreFunction) throws(PellucidError) -> OptionValues {
    let base = try composite.resolved(subject.files).base
    var settings: OptionValues = ["composite": composite.name, "relevance-start": start.rawValue]
    if base.takes.contains(.epsilon) { settings["epsilon"] = epsilon.optionText }
    if base.takes.contains(.gamma) { settings["gamma"] = gamma.optionText }
    let bounds = bounds(of: subject.image)
    // An input that is the same everywhere has no bounds that could be given.
    if base.takes.contains(.bounds), bounds.low < bounds.high {
      settings["low"] = bounds.low.optionText
      settings["high"] = bounds.high.optionText
    }
    if conservation { settings["conservation"] = "on" }
    return settings
  }

  func bounds(of image: Tensor) -> (low: Float, high: Float) {
    if let low, let high { return (low, high) }
    let range = image.range
    return (low ?? range.lowerBound, high ?? range.upperBound)
  }

  /// The composite for an image, and the recipe where it comes of one.
  func composite(for subject: Subject) throws(PellucidError) -> (Composite, CompositeRecipe?) {
    let (base, recipe) = try self.composite.resolved(subject.files)
    let bounds = base.takes.contains(.bounds) ? bounds(of: subject.image) : (low: 0, high: 0)
    var composite = base.make(
      NamedComposite.Values(epsilon: epsilon, gamma: gamma, low: bounds.low, high: bounds.high))
    composite.special = try (recipe?.specials() ?? []) + composite.special
    return (composite, recipe)
  }

  public func relevance(
    of subject: Subject, to score: ScoreFunction, progress: any ProgressObserver
  ) throws(PellucidError) -> Relevance {
    let (composite, recipe) = try composite(for: subject)
    let network = try score.network.absorbingNormalizations(sparing: composite.apart(in: score.network.graph))
    let rules = composite.assigned(in: network)
    let trace = try network.trace(subject.image, inSlabs: !conservation) { rules[$0] }
    let begin = try start.relevance(of: trace.logits, score)
    var sums = Conservation()
    let input = network.graph.input
    let found: Tensor?
    if conservation {
      found = try trace.backward(begin, to: [input]) { sums.record($0, $1, $2) }[input]
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
        Note(what: "the outputs are given no relevance", how: "the map is 0; take another `relevance-start`"))
    }
    if conservation { relevance.tables = [sums.table(of: network, rules, start: begin)] }
    return relevance
  }
}
