internal import PellucidNetworks
internal import PellucidTensors

/// Σ relevance at the output and at the inputs of every step, so that a leak shows where it is.
struct Conservation {
  private var sums: [ValueID: (arrived: Double, handedOn: Double)] = [:]

  /// Takes down what a step was given and what it handed on.
  mutating func record(_ node: Node, _ arrived: Tensor, _ handedOn: [Tensor]) {
    sums[node.output] = (arrived.sum, handedOn.reduce(0) { $0 + $1.sum })
  }

  /// A row a step in the graph's order; `share` is the difference over Σ|relevance| at the outputs of the network.
  func table(of network: Network, _ rules: AssignedRules, start: Tensor) -> MethodTable {
    let whole = start.values.reduce(0) { $0 + Double(abs($1)) }
    return MethodTable(
      name: "conservation",
      columns: ["node", "operator", "rule", "relevance_of_output", "relevance_of_inputs", "difference", "share"],
      rows: network.graph.nodes.compactMap { node in
        guard let (arrived, handedOn) = sums[node.output] else { return nil }
        let difference = handedOn - arrived
        return [
          .text(node.name), .text(node.type), .text(rules.label(of: node)), .number(arrived), .number(handedOn),
          .number(difference), .number(whole == 0 ? 0 : difference / whole),
        ]
      })
  }
}
