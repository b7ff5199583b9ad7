package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// Relevance of a softmax inside a network: its first-order Taylor expansion at the input, whose constant term keeps its share.
///
///     s = softmax(x)        R_i = x_i · ( R_i − s_i · Σ_j R_j )
///
/// Source: Achtibat et al. 2024 (AttnLRP), arXiv:2402.05602, proposition 3.1.
package struct SoftmaxTaylor: PropagationRule {
  package let needs: GradientNeeds = [.inputs, .output]
  package var label: String { "softmax" }

  /// The rule.
  package init() {}

  package func serves(_ node: Node) -> Bool { node.operation.role == .softmax }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    // s·(g − Σ s·g) at g = R/s is R − s·ΣR. Where s is 0, so is R.
    let s = saved.keptOutput()
    var quotient = upstream.ordered(s.order)
    quotient.combineInPlace(.stabilizedQuotient(epsilon: 1e-30), with: s)
    let centred = try node.operation.gradient(quotient, saved: saved)[0]
    // A mask's −∞ has no share.
    let input = saved.input().clamped(low: -.greatestFiniteMagnitude, high: .greatestFiniteMagnitude)
    return [input.ordered(centred.order).combined(.multiply, with: centred)]
  }
}

extension NamedRule {
  /// In a composite's file.
  static let softmax = NamedRule("softmax", []) { _ in SoftmaxTaylor() }
}
