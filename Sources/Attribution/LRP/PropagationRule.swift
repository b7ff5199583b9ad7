package import PellucidNetworks

/// A rule of relevance propagation: how relevance crosses a step, and how it is called in a result's provenance.
package protocol PropagationRule: BackwardRule {
  /// The rule's name with its parameters, such as `gamma(gamma=0.25)`.
  var label: String { get }

  /// Whether it can be applied to a step.
  func serves(_ node: Node) -> Bool
}
