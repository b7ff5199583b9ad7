internal import PellucidFaults
internal import PellucidNetworks

/// A composite written by hand: entries of nodes and rules over a named composite.
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

  /// Names of the rules that an entry may have.
  public static let ruleNames = NamedRule.all.map(\.name)

  /// Names of the numbers that rules take, for whoever reads a file.
  public static let parameterNames = NamedRule.all.flatMap(\.parameters).filter { $0 != .bias }.map(\.name).uniqued()

  /// Words for the position of nodes, for whoever reads a file.
  public static let positions = NodeSelector.Position.allCases.map(\.rawValue)

  /// The composite under it.
  func named() throws(PellucidError) -> NamedComposite {
    guard let base else { return .epsilonPlus }
    let all = CompositeCatalogue.composites
    guard let found = all.first(where: { $0.name == base }) else {
      throw .recipe(file, "base", "there is no composite \(base)", base, all.map(\.name))
    }
    return found
  }

  /// Whether it says what composites say.
  /// - Throws: `.badData` with the place in the file.
  func check() throws(PellucidError) {
    _ = try named()
    _ = try specials()
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
