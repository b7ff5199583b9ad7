internal import PellucidNetworks

extension RelevanceRule {
  /// Relevance to positive contributions only: αβ with α = 1, β = 0.
  ///
  ///     R_i = Σ_j z⁺_ij / z⁺_j · R_j
  ///
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008; negative inputs allowed, as in Zennit.
  /// - Parameter bias: whether the positive part of the bias takes a share, which is then lost.
  package static func zPlus(stabilizer: Float = 1e-6, bias: Bool = true) -> RelevanceRule {
    RelevanceRule(
      "z-plus" + biasLabel(bias),
      [
        Group(branches: [
          Branch(input: .positive, weights: WeightChange(weights: .positive, bias: bias ? .positive : nil)),
          Branch(input: .negative, weights: WeightChange(weights: .negative, bias: nil)),
        ])
      ], epsilon: stabilizer)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let zPlus = NamedRule("z-plus", [.stabilizer, .bias]) {
    RelevanceRule.zPlus(stabilizer: $0.stabilizer, bias: $0.bias)
  }
}
