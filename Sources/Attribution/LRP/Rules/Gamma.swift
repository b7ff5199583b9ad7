internal import PellucidNetworks

extension RelevanceRule {
  /// Positive contributions favoured by a factor 1 + γ; generalized to inputs of both signs, as in Zennit.
  ///
  /// Where the layer's output is positive, contributions of its sign are favoured; where negative, those of the other.
  /// Source: Montavon et al. 2019, doi:10.1007/978-3-030-28954-6_10; generalized by Andéol et al. 2021, arXiv:2106.11424.
  /// - Parameter bias: whether the bias takes a share, which is then lost.
  package static func gamma(_ gamma: Float, stabilizer: Float = 1e-6, bias: Bool = true) -> RelevanceRule {
    let (more, less) = (WeightChange.Map.favourPositive(gamma: gamma), WeightChange.Map.favourNegative(gamma: gamma))
    return RelevanceRule(
      "gamma(gamma=\(gamma))" + biasLabel(bias),
      [
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(weights: more, bias: bias ? more : nil)),
            Branch(input: .negative, weights: WeightChange(weights: less, bias: nil)),
          ], gate: .positive),
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(weights: less, bias: bias ? less : nil)),
            Branch(input: .negative, weights: WeightChange(weights: more, bias: nil)),
          ], gate: .negative),
      ], epsilon: stabilizer)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let gamma = NamedRule("gamma", [.number("gamma", default: 0.25), .stabilizer, .bias]) {
    RelevanceRule.gamma($0["gamma"], stabilizer: $0.stabilizer, bias: $0.bias)
  }
}
