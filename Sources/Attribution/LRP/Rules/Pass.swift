internal import Faults
internal import Networks
internal import Tensors

/// Hands relevance on unchanged: for functions of single values.
struct Pass: BackwardRule {
  let needs: GradientNeeds = []

  func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError) -> [Tensor] {
    [upstream]
  }
}
