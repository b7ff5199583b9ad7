package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// Shares relevance in proportion to contributions to a sum or mean: the ε rule for steps without weights.
///
///     R_i = x_i · Σ_j ∂z_j/∂x_i · R_j / (z_j ± ε)
///
/// Zennit's `Norm`, for average pools and residual sums; for every step whose output is Σ_i x_i·∂z/∂x_i. A summand that is constant takes
/// its share, which is then lost, as a bias does.
///
/// A normalization by its input's own statistics is such a step once its variance is held constant: centring is linear, and dividing by
/// the deviation hands all to the dividend (Achtibat et al. 2024 (AttnLRP), arXiv:2402.05602, proposition 3.4 and equation 8; as the
/// authors' lxt does it).
package struct Norm: PropagationRule {
  private let stabilizer: Float
  package let needs: GradientNeeds = [.inputs, .output]
  package var label: String { "norm" }

  /// The rule with a stabilizer ε.
  package init(stabilizer: Float = 1e-6) { self.stabilizer = stabilizer }

  package func serves(_ node: Node) -> Bool {
    [.sum, .averaging, .mixing, .convolution, .dense, .normalization, .layerNormalization]
      .contains(node.operation.role)
  }

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
    var parts =
      if let normalization = self as? any Standardizing {
        [try normalization.crossed(share, saved: saved, .holdingVariance)]
      } else {
        try gradient(share, saved: saved)
      }
    for index in parts.indices {
      parts[index] = parts[index].combined(.multiply, with: saved.input(index).ordered(parts[index].order))
    }
    return parts
  }
}

extension NamedRule {
  /// In a composite's file.
  static let norm = NamedRule("norm", [.stabilizer]) { Norm(stabilizer: $0.stabilizer) }
}
