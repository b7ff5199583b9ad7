package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// Hands relevance on unchanged: for functions of single values.
///
/// Zennit's `Pass`.
package struct Pass: PropagationRule {
  package let needs: GradientNeeds = []
  package var label: String { "pass" }
  package let isPassage = true

  /// The rule.
  package init() {}

  package func serves(_ node: Node) -> Bool {
    [.activation, .rectifier, .normalization, .layerNormalization].contains(node.operation.role)
  }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    // A constant that enlarges its input repeats it.
    [upstream.summed(to: saved.inputShapes[0])]
  }
}

extension NamedRule {
  /// In a composite's file.
  static let pass = NamedRule("pass", []) { _ in Pass() }
}
