internal import PellucidNetworks
internal import PellucidTensors

/// The values of a graph that serve nothing but gates: one-channel maps that end in a sigmoid (or softmax) and a product.
///
/// They say how much of other features passes at a place, and are no features themselves.
struct Gates {
  private let gated: Set<ValueID>

  init(of graph: Graph) {
    var readers: [ValueID: [Node]] = [:]
    for node in graph.nodes { for input in node.inputs { readers[input, default: []].append(node) } }
    // From the last step back: whether all that becomes of a value ends in a product, before and after it was squashed.
    var before: Set<ValueID> = []
    var after: Set<ValueID> = []
    for value in graph.nodes.reversed().map(\.output) where value != graph.output {
      guard let own = readers[value] else { continue }
      if own.allSatisfy({ $0.operation.role == .product || after.contains($0.output) }) { after.insert(value) }
      let shape = graph.shape(of: value)
      let isOneChannel = shape.rank > 1 && shape[1] == 1
      let endsSo = own.allSatisfy { node in
        (isOneChannel && Self.squashes(node) ? after : before).contains(node.output)
      }
      if endsSo { before.insert(value) }
    }
    gated = before
  }

  func contains(_ value: ValueID) -> Bool { gated.contains(value) }

  private static func squashes(_ node: Node) -> Bool {
    ["Sigmoid", "HardSigmoid", "Softmax"].contains(node.type)
  }
}
