internal import PellucidNetworks

/// Which operand of a step of two operands carries the signal, read off the graph.
enum Gating {
  /// ONNX operators that squash their input: what they make is a gate where it is multiplied with something else.
  private static let squashing: Set<String> = [
    "Sigmoid", "HardSigmoid", "Tanh", "Erf", "Softmax", "Clip", "Reciprocal",
  ]

  /// The operand that takes all relevance; nil where both count alike.
  ///
  /// Of x·σ(y) it is x, and of x/y x: gates and denominators are held constant. Of tanh(x)·σ(y), as in recurrent layers, it is tanh(x).
  static func signal(of node: Node, in graph: Graph) -> Int? {
    switch node.operation.role {
    case .quotient: return 0
    case .product:
      let gates = node.inputs.map { isGate($0, in: graph) }
      if gates == [true, true] {
        let open = node.inputs.map { ["Sigmoid", "HardSigmoid"].contains(squashing(behind: $0, in: graph) ?? "") }
        return open == [false, true] ? 0 : open == [true, false] ? 1 : nil
      }
      return gates == [false, true] ? 0 : gates == [true, false] ? 1 : nil
    default: return nil
    }
  }

  /// Whether a product is an activation written out, x·f(x) up to constant factors, such as SiLU, GELU or Mish.
  static func isActivation(_ node: Node, in graph: Graph) -> Bool {
    guard node.operation.role == .product, node.inputs.count == 2 else { return false }
    let left = Set(sources(of: node.inputs[0], in: graph))
    return !left.isDisjoint(with: sources(of: node.inputs[1], in: graph))
  }

  /// A value and those that it is a function of, place by place.
  private static func sources(of value: ValueID, in graph: Graph) -> [ValueID] {
    var found = [value]
    while let last = found.last, let maker = graph.maker(of: last), maker.inputs.count == 1,
      [.activation, .rectifier].contains(maker.operation.role) || ["Add", "Sub", "Mul", "Div"].contains(maker.type),
      graph.shape(of: maker.inputs[0]) == graph.shape(of: last)
    { found.append(maker.inputs[0]) }
    return found
  }

  /// Whether a value is made by a squashing function, up to constant factors and summands, the order of its values and resampling.
  private static func isGate(_ value: ValueID, in graph: Graph) -> Bool { squashing(behind: value, in: graph) != nil }

  /// The squashing function that makes it; nil where none does.
  private static func squashing(behind value: ValueID, in graph: Graph) -> String? {
    var value = value
    while let maker = graph.maker(of: value) {
      if squashing.contains(maker.type) { return maker.type }
      guard maker.inputs.count == 1,
        ["Add", "Sub", "Mul", "Div"].contains(maker.type)
          || maker.operation.role == .rearrangement || maker.type == "Resize"
      else { return nil }
      value = maker.inputs[0]
    }
    return nil
  }
}
