internal import PellucidNetworks

extension RelevanceRule {
  /// Relevance in proportion to each contribution, with a stabilizer.
  ///
  ///     R_i = x_i · Σ_j w_ij · R_j / (z_j ± ε)
  ///
  /// Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58.
  /// - Parameter bias: whether the bias takes a share, which is then lost.
  package static func epsilon(_ epsilon: Float, bias: Bool = true) -> RelevanceRule {
    RelevanceRule(
      "epsilon(epsilon=\(epsilon))" + biasLabel(bias),
      [Group(branches: [Branch(input: .same, weights: WeightChange(weights: .same, bias: bias ? .same : nil))])],
      epsilon: epsilon)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let epsilon = NamedRule("epsilon", [.number("epsilon", default: 1e-6), .bias]) {
    RelevanceRule.epsilon($0["epsilon"], bias: $0.bias)
  }
}
