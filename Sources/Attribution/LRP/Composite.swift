internal import PellucidNetworks

/// Which rule each step of a network gets: the first of the special ones whose selector fits it, else the one for its role.
///
/// A step without either follows the gradient, which for max pools, concatenations and reshapes is what relevance does.
struct Composite: Sendable {
  /// A rule for the steps that a selector picks; nil: the gradient.
  struct Special: Sendable {
    let selector: NodeSelector
    let rule: (any PropagationRule)?

    init(_ selector: NodeSelector, _ rule: (any PropagationRule)?) {
      self.selector = selector
      self.rule = rule
    }
  }

  /// Rules that go before the others.
  var special: [Special]
  /// Rules by role.
  var rules: [Role: any PropagationRule]

  /// Zennit's `layer_map_base`, and what its modules lack.
  ///
  /// Activations pass relevance on, and so do normalizations of channels that are not merged; sums and averages share by contribution.
  /// Layer normalization, products of two activations and softmaxes follow AttnLRP: on a residual stream, where layer normalization stands,
  /// passing on would hand relevance to sums near 0, which then divide by them.
  static let base: [Role: any PropagationRule] = [
    .activation: Pass(), .rectifier: Pass(), .normalization: Pass(), .sum: Norm(), .averaging: Norm(), .mixing: Norm(),
    .layerNormalization: Norm(),
    .product: Gate(signal: nil), .quotient: Gate(signal: 0), .bilinear: Bilinear(), .softmax: SoftmaxTaylor(),
  ]

  /// A composite with rules for convolutions, dense layers, and perhaps one of its own for the first layer.
  init(convolution: any PropagationRule, dense: any PropagationRule, first: Special? = nil) {
    rules = Self.base.merging([.convolution: convolution, .dense: dense]) { $1 }
    special = first.map { [$0] } ?? []
  }

  /// Outputs of the constant factors of activations that are written out (GELU's ½), where activations follow their gradient: merged into a
  /// layer behind, they would pass relevance on.
  func apart(in graph: Graph) -> Set<ValueID> {
    guard rules[.activation] == nil else { return [] }
    return Set(
      graph.nodes.filter { node in
        node.inputs.count == 1 && graph.maker(of: node.inputs[0]).map { Gating.isActivation($0, in: graph) } == true
      }.map(\.output))
  }

  /// The rule of every node of a network.
  func assigned(in network: Network) -> AssignedRules {
    let graph = network.graph
    let picked = special.map { special in
      special.selector.nodes(in: graph) { node in special.rule?.serves(node) ?? true }
    }
    var found: [ValueID: any PropagationRule] = [:]
    for node in graph.nodes {
      if let place = picked.firstIndex(where: { $0.contains(node.output) }) {
        found[node.output] = special[place].rule
      } else if rules[.activation] == nil, Gating.isActivation(node, in: graph) {
        // Where activations follow their gradient, so do those that are written out.
        found[node.output] = nil
      } else if rules[node.operation.role] != nil, let signal = Gating.signal(of: node, in: graph) {
        found[node.output] = Gate(signal: signal)
      } else {
        found[node.output] = rules[node.operation.role]
      }
    }
    return AssignedRules(rules: found, nodes: graph.nodes, idle: idle(picked, in: graph))
  }

  /// Which of the special rules get no step, and why, given the steps that each picks.
  private func idle(_ picked: [Set<ValueID>], in graph: Graph) -> [Int: AssignedRules.Idleness] {
    var taken: Set<ValueID> = []
    var found: [Int: AssignedRules.Idleness] = [:]
    for (place, steps) in picked.enumerated() {
      if steps.isEmpty {
        found[place] = special[place].selector.nodes(in: graph) { _ in true }.isEmpty ? .noStep : .otherSteps
      } else if steps.isSubset(of: taken) {
        found[place] = .taken
      }
      taken.formUnion(steps)
    }
    return found
  }
}

/// The rules of a composite as they fell to the nodes of one network.
struct AssignedRules: Sendable {
  private let rules: [ValueID: any PropagationRule]
  private let nodes: [Node]
  /// The special rules that get no step, by place.
  let idle: [Int: Idleness]

  /// Why a special rule gets no step.
  enum Idleness {
    /// Its selector fits none.
    case noStep
    /// Its selector fits steps that the rule does not apply to.
    case otherSteps
    /// The rules before it have all of its steps.
    case taken

    /// In words that follow the rule's name and place.
    var words: String {
      switch self {
      case .noStep: "fits no step of the network"
      case .otherSteps: "has a rule that applies to none of the steps it picks"
      case .taken: "picks only steps that the entries before it have"
      }
    }
  }

  init(rules: [ValueID: any PropagationRule], nodes: [Node], idle: [Int: Idleness]) {
    self.rules = rules
    self.nodes = nodes
    self.idle = idle
  }

  /// A node's rule; nil: the gradient.
  subscript(node: Node) -> (any PropagationRule)? { rules[node.output] }

  /// What a node's rule is called.
  func label(of node: Node) -> String { self[node]?.label ?? "gradient" }

  /// Every node with its rule, for the provenance.
  var table: MethodTable {
    MethodTable(
      name: "rules", columns: ["node", "operator", "rule"],
      rows: nodes.map { [.text($0.name), .text($0.type), .text(label(of: $0))] })
  }
}
