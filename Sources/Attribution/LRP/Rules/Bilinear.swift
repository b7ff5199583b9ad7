package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// Shares relevance among the two factors of sums of products, half to each: attention's rule for matrix products.
///
///     z_j = Σ_i a_i·b_ij        R(a_i) = Σ_j a_i·b_ij · R_j / (2·z_j ± ε)        R(b_ij) = a_i·b_ij · R_j / (2·z_j ± ε)
///
/// Source: Achtibat et al. 2024 (AttnLRP), arXiv:2402.05602, proposition 3.3.
package struct Bilinear: PropagationRule {
  private let stabilizer: Float
  package let needs: GradientNeeds = [.inputs, .output]
  package var label: String { "bilinear" }

  /// The rule with a stabilizer ε.
  package init(stabilizer: Float = 1e-6) { self.stabilizer = stabilizer }

  package func serves(_ node: Node) -> Bool { node.operation.role == .bilinear }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    let z = saved.keptOutput().scaled(by: 2)
    var share = upstream.ordered(z.order)
    share.combineInPlace(.stabilizedQuotient(epsilon: stabilizer), with: z)
    return try node.operation.contributions(to: share, saved: saved)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let bilinear = NamedRule("bilinear", [.stabilizer]) { Bilinear(stabilizer: $0.stabilizer) }
}
