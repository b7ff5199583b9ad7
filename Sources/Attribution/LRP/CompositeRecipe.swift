internal import Faults
internal import Networks

/// A composite written by hand: entries of nodes and rules over a named composite; the pipeline reads it from a file.
public struct CompositeRecipe: Hashable, Sendable {
  /// Nodes and their rule; every part that is given must fit a node.
  public struct Entry: Hashable, Sendable {
    /// Where it stands in its file, such as `rules[2]`.
    public var place: String
    /// Names of nodes or their outputs; `*` stands for any characters, `?` for one.
    public var nodes: [String] = []
    /// ONNX operator types.
    public var operators: [String] = []
    /// Kinds of steps: linear, convolution, dense, activation, normalization, sum, pool, product, attention, softmax, other.
    public var kinds: [String] = []
    /// `first` or `last` of what fits otherwise; of the linear layers where nothing else is given.
    public var position: String?
    /// Two fractions of the way from the first linear layer (0) to the last (1).
    public var depth: [Double]?
    /// The rule's name.
    public var rule: String
    /// Its parameters.
    public var parameters: [String: Double] = [:]
    /// Whether biases take a share; nil: they do.
    public var bias: Bool?

    /// An entry that picks no node yet.
    public init(place: String, rule: String) {
      self.place = place
      self.rule = rule
    }
  }

  /// The file, for messages.
  public var file: String
  /// The composite for the nodes that no entry picks; nil: epsilon-plus.
  public var base: String?
  /// In order: the first that fits a node wins.
  public var entries: [Entry]

  /// A recipe.
  public init(file: String, base: String? = nil, entries: [Entry]) {
    self.file = file
    self.base = base
    self.entries = entries
  }

  /// The named composite under it.
  func baseName() throws(PellucidError) -> Composite.Name {
    guard let base else { return .epsilonPlus }
    guard let name = Composite.Name(rawValue: base) else {
      throw .recipe(file, "base", "there is no composite \(base)", base, Composite.Name.allCases.map(\.rawValue))
    }
    return name
  }

  /// The entries as rules that go before the base's.
  /// - Throws: `.badData` with the place in the file.
  func specials() throws(PellucidError) -> [Composite.Special] {
    try entries.map { (entry) throws(PellucidError) in
      Composite.Special(try selector(of: entry), try NamedRule.rule(of: entry, file: file))
    }
  }

  private func selector(of entry: Entry) throws(PellucidError) -> NodeSelector {
    var selector = NodeSelector(names: entry.nodes, operators: entry.operators)
    for word in entry.kinds {
      guard let kind = NodeSelector.Kind(rawValue: word) else {
        throw .recipe(
          file, entry.place + ".kind", "there is no kind \(word)", word, NodeSelector.Kind.allCases.map(\.rawValue))
      }
      selector.kinds.append(kind)
    }
    selector.position = entry.position.flatMap(NodeSelector.Position.init(rawValue:))
    if let depth = entry.depth, depth.count == 2, depth[0] <= depth[1] { selector.depth = depth[0]...depth[1] }
    if selector.position != nil, entry.nodes.isEmpty, entry.operators.isEmpty, entry.kinds.isEmpty {
      selector.kinds = [.linear]
    }
    return selector
  }
}

/// The rules that a composite's file can name.
enum NamedRule: String, CaseIterable {
  case epsilon, gamma
  case zPlus = "z-plus"
  case alphaBeta = "alpha-beta"
  case zBox = "z-box"
  case wSquare = "w-square"
  case flat, norm, pass, gradient, bilinear, softmax, uniform

  /// Parameters beside `stabilizer`, with what they are unless given; nil: they must be given.
  private var parameters: [(name: String, fallback: Double?)] {
    switch self {
    case .epsilon: [("epsilon", 1e-6)]
    case .gamma: [("gamma", 0.25)]
    case .alphaBeta: [("alpha", 2), ("beta", 1)]
    case .zBox: [("low", nil), ("high", nil)]
    default: []
    }
  }

  private var takesStabilizer: Bool { ![.epsilon, .pass, .gradient, .softmax, .uniform].contains(self) }
  private var takesBias: Bool { [.epsilon, .gamma, .zPlus, .alphaBeta, .wSquare].contains(self) }

  /// The rule of an entry; nil: the gradient.
  /// - Throws: `.badData` for an unknown rule, a parameter that it does not take, or a value out of range.
  static func rule(of entry: CompositeRecipe.Entry, file: String) throws(PellucidError) -> (any PropagationRule)? {
    guard let named = NamedRule(rawValue: entry.rule) else {
      throw .recipe(
        file, entry.place + ".rule", "there is no rule \(entry.rule)", entry.rule, allCases.map(\.rawValue))
    }
    return try named.rule(of: entry, file: file)
  }

  private func rule(of entry: CompositeRecipe.Entry, file: String) throws(PellucidError) -> (any PropagationRule)? {
    let known = parameters.map(\.name) + (takesStabilizer ? ["stabilizer"] : []) + (takesBias ? ["bias"] : [])
    let given = entry.parameters.keys.sorted() + (entry.bias == nil ? [] : ["bias"])
    for name in given where !known.contains(name) {
      throw .recipe(
        file, "\(entry.place).\(name)", "the rule \(rawValue) takes no \(name)", name, known, noun: "it takes")
    }
    var values: [Float] = []
    var wanted = parameters
    if takesStabilizer { wanted.append(("stabilizer", 1e-6)) }
    for (name, fallback) in wanted {
      guard let value = entry.parameters[name] ?? fallback else {
        throw .recipeValue(file, "\(entry.place).\(name)", "the rule \(rawValue) needs \(name)", "give it a number")
      }
      let isBound = ["low", "high"].contains(name)
      guard isBound ? Float(value).isFinite : (0...1e6).contains(value) else {
        throw .recipeValue(
          file, "\(entry.place).\(name)", "\(name) is \(value)",
          isBound ? "give a bound of the input" : "give a number of at least 0, at most 1e6")
      }
      values.append(Float(value))
    }
    let bias = entry.bias ?? true
    switch self {
    case .epsilon: return RelevanceRule.epsilon(values[0], bias: bias)
    case .gamma: return RelevanceRule.gamma(values[0], stabilizer: values[1], bias: bias)
    case .zPlus: return RelevanceRule.zPlus(stabilizer: values[0], bias: bias)
    case .alphaBeta:
      guard abs(values[0] - values[1] - 1) < 1e-5 else {
        throw .recipeValue(
          file, entry.place + ".alpha", "alpha − beta is \(values[0] - values[1])", "let them differ by 1")
      }
      return RelevanceRule.alphaBeta(alpha: values[0], beta: values[1], stabilizer: values[2], bias: bias)
    case .zBox:
      guard values[0] < values[1] else {
        throw .recipeValue(file, entry.place + ".low", "low is not below high", "give the input's bounds")
      }
      return RelevanceRule.zBox(low: values[0], high: values[1], stabilizer: values[2])
    case .wSquare: return RelevanceRule.wSquare(stabilizer: values[0], bias: bias)
    case .flat: return RelevanceRule.flat(stabilizer: values[0])
    case .norm: return Norm(stabilizer: values[0])
    case .bilinear: return Bilinear(stabilizer: values[0])
    case .pass: return Pass()
    case .softmax: return SoftmaxTaylor()
    case .uniform: return Gate(signal: nil)
    case .gradient: return nil
    }
  }
}

extension PellucidError {
  static func recipe(
    _ file: String, _ part: String, _ what: String, _ word: String, _ known: [String], noun: String = "there are"
  ) -> Self {
    .init(
      .badData, at: .init(file: file, part: part), what: what,
      remedy: known.isEmpty ? "it takes none" : NearMiss.remedy(for: word, among: known, noun: noun))
  }

  static func recipeValue(_ file: String, _ part: String, _ what: String, _ remedy: String) -> Self {
    .init(.badData, at: .init(file: file, part: part), what: what, remedy: remedy)
  }
}
