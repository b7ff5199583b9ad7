internal import PellucidNetworks

/// Picks nodes of a graph by name, operator, kind, place among the linear layers.
///
/// Every part that is given must fit.
struct NodeSelector: Hashable, Sendable {
  /// What a step is, in the words of a composite's file.
  enum Kind: String, CaseIterable, Sendable {
    case linear, convolution, dense, activation, normalization, sum, pool, product, attention, softmax, other

    var roles: Set<Role> {
      switch self {
      case .linear: [.convolution, .dense]
      case .convolution: [.convolution]
      case .dense: [.dense]
      case .activation: [.activation, .rectifier]
      case .normalization: [.normalization, .layerNormalization]
      case .sum: [.sum]
      case .pool: [.averaging, .maximum]
      case .product: [.product, .quotient]
      case .attention: [.bilinear]
      case .softmax: [.softmax]
      case .other: [.mixing, .rearrangement, .other]
      }
    }
  }

  /// The first or the last of the nodes that fit otherwise.
  enum Position: String, CaseIterable, Sendable { case first, last }

  /// Names of nodes or of their outputs; `*` stands for any characters, `?` for one.
  var names: [String] = []
  /// ONNX operator types.
  var operators: [String] = []
  /// What the step is.
  var kinds: [Kind] = []
  /// First or last of what fits otherwise.
  var position: Position?
  /// From 0, the first linear layer, to 1, the last, in the graph's order; other steps count with the linear layer before them.
  var depth: ClosedRange<Double>?

  /// The outputs of the nodes that fit and that `serving` accepts.
  func nodes(in graph: Graph, serving: (Node) -> Bool) -> Set<ValueID> {
    let linear = graph.nodes.indices.filter { Kind.linear.roles.contains(graph.nodes[$0].operation.role) }
    var before = 0
    var found: [ValueID] = []
    for (place, node) in graph.nodes.enumerated() {
      if linear.contains(place) { before += 1 }
      let depth = linear.count > 1 ? Double(max(0, before - 1)) / Double(linear.count - 1) : 0
      if fits(node, in: graph, depth: depth), serving(node) { found.append(node.output) }
    }
    switch position {
    case .first: return Set(found.prefix(1))
    case .last: return Set(found.suffix(1))
    case nil: return Set(found)
    }
  }

  private func fits(_ node: Node, in graph: Graph, depth: Double) -> Bool {
    if !operators.isEmpty, !operators.contains(node.type) { return false }
    if !kinds.isEmpty, !kinds.contains(where: { $0.roles.contains(node.operation.role) }) { return false }
    if let range = self.depth, !range.contains(depth) { return false }
    guard !names.isEmpty else { return true }
    let own = [node.name, graph.values[node.output.index].name]
    return names.contains { pattern in own.contains { Self.matches($0[...], pattern[...]) } }
  }

  /// Whether a text fits a pattern with `*` and `?`.
  static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*" {
      return text.indices.contains { matches(text[$0...], rest) } || matches("", rest)
    }
    guard let letter = text.first else { return false }
    return (first == "?" || first == letter) && matches(text.dropFirst(), rest)
  }
}
