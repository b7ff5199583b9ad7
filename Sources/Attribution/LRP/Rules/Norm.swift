package import Faults
package import Networks
package import Tensors

/// Shares relevance in proportion to contributions to a sum or mean: the ε rule for steps without weights.
///
///     R_i = x_i · Σ_j ∂z_j/∂x_i · R_j / (z_j ± ε)
///
/// Zennit's `Norm`, for average pools and residual sums; for every step whose output is Σ_i x_i·∂z/∂x_i.
package struct Norm: PropagationRule {
  private let stabilizer: Float
  package let needs: GradientNeeds = [.inputs, .output]
  package var label: String { "norm" }

  /// The rule with a stabilizer ε.
  package init(stabilizer: Float = 1e-6) { self.stabilizer = stabilizer }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    let z = saved.keptOutput()
    var share = upstream.ordered(z.order)
    share.combineInPlace(.stabilizedQuotient(epsilon: stabilizer), with: z)
    return try node.operation.contributions(to: share, saved: saved)
  }
}

extension Operator {
  /// x_i · Σ_j ∂z_j/∂x_i · s_j of each input x.
  func contributions(to share: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    var parts = try gradient(share, saved: saved)
    for index in parts.indices {
      parts[index] = parts[index].combined(.multiply, with: saved.input(index).ordered(parts[index].order))
    }
    return parts
  }
}
