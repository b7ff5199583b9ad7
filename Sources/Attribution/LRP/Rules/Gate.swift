package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// Relevance of a product or quotient of two activations: all to the signal, none to what gates or scales it; or half to each factor.
///
///     z = x·σ(y):  R_x = R, R_y = 0        z = x·y:  R_x = R_y = R/2        z = x/y:  R_x = R, R_y = 0
///
/// Conserves relevance exactly. Sources: Arras et al. 2017 (signal takes all), arXiv:1706.07206; Achtibat et al. 2024 (AttnLRP's uniform
/// rule), arXiv:2402.05602, proposition 3.2.
package struct Gate: PropagationRule {
  package let needs: GradientNeeds = []
  /// The operand that takes all; nil: both alike.
  private let signal: Int?
  package var label: String { signal == nil ? "uniform" : "signal-takes-all" }

  /// The rule where operand `signal` takes all; nil: half to each.
  package init(signal: Int?) { self.signal = signal }

  package func serves(_ node: Node) -> Bool { node.operation.role == .product }

  package func backward(_ upstream: consuming Tensor, through node: Node, saved: Saved) throws(PellucidError)
    -> [Tensor]
  {
    let relevance = upstream
    return saved.inputShapes.indices.map { index in
      let shape = saved.inputShapes[index]
      guard let signal else { return relevance.scaled(by: 0.5).summed(to: shape) }
      return index == signal ? relevance.summed(to: shape) : Tensor(repeating: 0, shape: shape, order: relevance.order)
    }
  }
}

extension NamedRule {
  /// In a composite's file.
  static let uniform = NamedRule("uniform", []) { _ in Gate(signal: nil) }
}
