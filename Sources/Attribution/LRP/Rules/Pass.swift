package import Faults
package import Networks
package import Tensors

/// Hands relevance on unchanged: for functions of single values.
package struct Pass: BackwardRule {
  package let needs: GradientNeeds = []

  /// The rule.
  package init() {}

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    [upstream]
  }
}
