public import Faults
internal import Files
internal import Yams

/// A composite of relevance propagation as a YAML file has it: which rule for which nodes.
///
///     base: epsilon-plus               # for the nodes that no entry picks
///     rules:                           # the first entry that fits a node wins
///       - {kind: convolution, position: first, rule: z-box, low: -3, high: 6}
///       - {kind: convolution, depth: [0, 0.5], rule: gamma, gamma: 0.5}
///       - {node: "/layer4/*", rule: epsilon, epsilon: 0.01}
///
/// Keys and the shape of values are checked here; names of rules and what parameters they take are the room Attribution's to know.
public struct CompositeCard: Hashable, Sendable {
  /// The file.
  public var file: String
  /// A composite by name; nil: the default one.
  public var base: String?
  /// In the file's order.
  public var entries: [Entry] = []

  /// Nodes and their rule.
  public struct Entry: Hashable, Sendable {
    /// Where it stands in the file, such as `rules[2]`.
    public var place: String
    /// Names of nodes, with `*` and `?`.
    public var nodes: [String] = []
    /// ONNX operator types.
    public var operators: [String] = []
    /// Kinds of steps, such as `convolution`.
    public var kinds: [String] = []
    /// `first` or `last`.
    public var position: String?
    /// Two fractions of the way from the first linear layer (0) to the last (1).
    public var depth: [Double]?
    /// The rule's name.
    public var rule: String
    /// The rule's parameters.
    public var parameters: [String: Double] = [:]
    /// Whether biases take a share; nil: as the rule has it.
    public var bias: Bool?
  }

  private static let noun = "composite file"
  fileprivate static let selectors = ["node", "operator", "kind", "position", "depth"]
  fileprivate static let parameters = ["epsilon", "gamma", "alpha", "beta", "low", "high", "stabilizer"]

  /// Reads a composite.
  /// - Throws: `.badData` for a file that cannot be read, is not YAML, or says something that no composite says; the message names the key.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path), data.count <= 1 << 20,
      let text = String(validating: data, as: UTF8.self)
    else { throw .unreadableCard(path, noun: Self.noun) }
    try self.init(yaml: text, file: path)
  }

  /// Reads a composite's text.
  /// - Throws: as ``init(contentsOf:)``.
  public init(yaml: String, file: String) throws(PellucidError) {
    self.file = file
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch { throw .notYAML(file, error, noun: Self.noun) }
    guard let root, !root.isAbsent else { throw .emptyComposite(file) }
    let card = try CardMapping(root, path: "", file: file, noun: Self.noun)
    try card.allow(["base", "rules"])
    base = try card.text("base")
    for section in try card.sections("rules") ?? [] { entries.append(try Entry(section)) }
    if entries.isEmpty { throw .emptyComposite(file) }
  }
}

extension CompositeCard.Entry {
  fileprivate init(_ section: CardMapping) throws(PellucidError) {
    try section.allow(CompositeCard.selectors + ["rule", "bias"] + CompositeCard.parameters)
    place = section.position
    guard section.keys.contains(where: CompositeCard.selectors.contains) else {
      throw section.wrong("node", wanted: "node, operator, kind, position or depth, to say which nodes get the rule")
    }
    guard let rule = try section.text("rule") else { throw section.wrong("rule", wanted: "the name of a rule") }
    self.rule = rule
    nodes = try section.words("node") ?? []
    operators = try section.words("operator") ?? []
    kinds = try section.words("kind") ?? []
    position = try section.text("position", among: ["first", "last"])
    if let depth = try section.numbers("depth") {
      guard depth.count == 2, depth[0] >= 0, depth[0] <= depth[1], depth[1] <= 1 else {
        throw section.wrong("depth", wanted: "two fractions between 0 and 1, such as [0, 0.5]")
      }
      self.depth = depth
    }
    for name in CompositeCard.parameters {
      if let value = try section.number(name) { parameters[name] = value }
    }
    bias = try section.truth("bias")
  }
}

extension PellucidError {
  fileprivate static func emptyComposite(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the composite file has no rules",
      remedy: "list them under rules:, each with the nodes that get it")
  }
}
