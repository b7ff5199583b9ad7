extension OnnxNode {
  /// The tensors that a node needs: its inputs, and what the graphs among its attributes take from outside themselves.
  public var needs: [String] {
    let captured = attributes.sorted { $0.key < $1.key }.flatMap { _, attribute in
      if case .graph(let inner) = attribute { inner.needsFromOutside } else { [String]() }
    }
    return inputs.filter { !$0.isEmpty } + captured
  }
}

extension OnnxGraph {
  fileprivate var needsFromOutside: [String] {
    let own = Set(inputs.map(\.name)).union(initializers.keys).union(nodes.flatMap(\.outputs))
    return (nodes.flatMap(\.needs) + outputs.map(\.name)).filter { !own.contains($0) }
  }
}
