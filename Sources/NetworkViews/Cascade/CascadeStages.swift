public import PellucidFaults
public import PellucidNetworks
internal import PellucidTensors

/// The values of a network that everything passes through, a layer apart.
///
/// A value is a *waist* where, once it is made, no earlier value but it is read any more: all that the output knows of the image it knows
/// through it, so that relevance there adds up to all of it. A stage is the last waist of a layer, behind its normalization and activation
/// and behind the sum that ends a residual block; pools and reshapes, which only hand on, are none.
enum CascadeStages {
  /// A stage.
  struct Stage {
    /// The value.
    let value: ValueID
    /// The layer's node.
    let node: Node
  }

  /// The stages of a graph from the image on, without the output; at most so many, of which those before a change of grid stay.
  static func stages(of graph: Graph, atMost most: Int) -> [Stage] {
    var last: [Int: Int] = [:]
    for (place, node) in graph.nodes.enumerated() { for input in node.inputs { last[input.index] = place } }
    var open: Set<Int> = [graph.input.index]
    var found: [Stage] = []
    var layer: Node?
    for (place, node) in graph.nodes.enumerated() {
      for input in node.inputs where last[input.index] == place { open.remove(input.index) }
      if node.output != graph.output { open.insert(node.output.index) }
      let role = node.operation.role
      let begins = [.convolution, .dense, .bilinear].contains(role) || node.inputs.count > 1
      if begins { layer = node }
      guard node.output != graph.output, open == [node.output.index], let layer, Self.isShown(graph, node.output)
      else { continue }
      switch role {
      case .convolution, .dense, .bilinear, .sum, .product: found.append(Stage(value: node.output, node: layer))
      case .activation, .rectifier, .normalization, .layerNormalization:
        // The same layer, further on.
        if found.last.map({ $0.node.output == layer.output }) == true { found.removeLast() }
        found.append(Stage(value: node.output, node: layer))
      default: if node.inputs.count > 1 { found.append(Stage(value: node.output, node: layer)) }
      }
    }
    return thinned(found, graph, to: most)
  }

  /// Whether a value is worth a row: it has channels.
  private static func isShown(_ graph: Graph, _ value: ValueID) -> Bool { graph.shape(of: value).rank >= 2 }

  private static func thinned(_ stages: [Stage], _ graph: Graph, to most: Int) -> [Stage] {
    guard stages.count > most else { return stages }
    func grid(_ place: Int) -> [Int] { graph.shape(of: stages[place].value).spatial }
    let turns = stages.indices.filter { $0 + 1 == stages.count || grid($0) != grid($0 + 1) }
    var kept = Set(turns.suffix(most))
    // The others evenly between them.
    let others = stages.indices.filter { !kept.contains($0) }
    let room = min(most - kept.count, others.count)
    for n in 0..<max(0, room) { kept.insert(others[(2 * n + 1) * others.count / (2 * room)]) }
    return stages.indices.filter(kept.contains).map { stages[$0] }
  }
}

extension LayerChoice {
  /// The layers of a network that everything passes through, at most twelve.
  public static func waists(of network: Network) throws(PellucidError) -> [LayerChoice] {
    let graph = network.graph
    let stages = CascadeStages.stages(of: graph, atMost: 12)
    guard !stages.isEmpty else { throw .noStages() }
    return try stages.map { (stage) throws(PellucidError) in
      try LayerChoice(graph.values[stage.value.index].name, in: network)
    }
  }
}
