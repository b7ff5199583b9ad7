public import PellucidAttribution
public import PellucidFaults
internal import PellucidModelCards

/// A composite of relevance propagation as a YAML file has it: which rule for which nodes.
///
///     base: epsilon-plus               # for the nodes that no entry picks
///     rules:                           # the first entry that fits a node wins
///       - {kind: convolution, position: first, rule: z-box, low: -3, high: 6}
///       - {kind: convolution, depth: [0, 0.5], rule: gamma, gamma: 0.5}
///       - {node: "/layer4/*", rule: epsilon, epsilon: 0.01}
///
/// Keys and the shape of values are checked here; names of rules and what parameters they take are the room Attribution's to know.
extension CompositeRecipe {
  private static let noun = "composite file"

  /// Reads a composite.
  /// - Throws: `.badData` for a file that cannot be read, is not YAML, or says something that no composite says; the message names the key.
  public init(contentsOf path: String) throws(PellucidError) {
    try self.init(try CardMapping(contentsOf: path, noun: Self.noun), file: path)
  }

  /// Reads a composite's text.
  /// - Throws: as ``init(contentsOf:)``.
  public init(yaml: String, file: String) throws(PellucidError) {
    try self.init(try CardMapping(yaml: yaml, file: file, noun: Self.noun), file: file)
  }

  private init(_ card: CardMapping?, file: String) throws(PellucidError) {
    guard let card else { throw .emptyComposite(file) }
    try card.allow(["base", "rules"])
    let base = try card.text("base")
    var entries: [Entry] = []
    for section in try card.sections("rules") ?? [] { entries.append(try Entry(section)) }
    if entries.isEmpty { throw .emptyComposite(file) }
    self.init(file: file, base: base, entries: entries)
  }
}

extension CompositeRecipe.Entry {
  private static let selectors = ["node", "operator", "kind", "position", "depth"]

  fileprivate init(_ section: CardMapping) throws(PellucidError) {
    try section.allow(Self.selectors + ["rule", "bias"] + CompositeRecipe.parameterNames)
    guard section.keys.contains(where: Self.selectors.contains) else {
      throw section.wrong("node", wanted: "node, operator, kind, position or depth, to say which nodes get the rule")
    }
    guard let rule = try section.text("rule") else { throw section.wrong("rule", wanted: "the name of a rule") }
    self.init(place: section.position, rule: rule)
    nodes = try section.words("node") ?? []
    operators = try section.words("operator") ?? []
    kinds = try section.words("kind") ?? []
    position = try section.text("position", among: CompositeRecipe.positions)
    if let depth = try section.numbers("depth") {
      guard depth.count == 2, depth[0] >= 0, depth[0] <= depth[1], depth[1] <= 1 else {
        throw section.wrong("depth", wanted: "two fractions between 0 and 1, such as [0, 0.5]")
      }
      self.depth = depth
    }
    for name in CompositeRecipe.parameterNames {
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
