internal import PellucidFaults
internal import PellucidNetworks

extension RelevanceRule {
  /// Positive and negative contributions shared out apart.
  ///
  ///     R_i = Σ_j ( α·z⁺_ij / z⁺_j − β·z⁻_ij / z⁻_j ) · R_j        α − β = 1
  ///
  /// Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 60.
  /// - Parameter bias: whether the bias takes a share, which is then lost.
  package static func alphaBeta(
    alpha: Float, beta: Float, stabilizer: Float = 1e-6, bias: Bool = true
  ) -> RelevanceRule {
    precondition(alpha >= 0 && beta >= 0 && abs(alpha - beta - 1) < 1e-5, "α − β must be 1")
    return RelevanceRule(
      "alpha-beta(alpha=\(alpha), beta=\(beta))" + biasLabel(bias),
      [
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(weights: .positive, bias: bias ? .positive : nil)),
            Branch(input: .negative, weights: WeightChange(weights: .negative, bias: nil)),
          ], weight: alpha),
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(weights: .negative, bias: bias ? .negative : nil)),
            Branch(input: .negative, weights: WeightChange(weights: .positive, bias: nil)),
          ], weight: -beta),
      ], epsilon: stabilizer)
  }

  /// What the label adds where the bias takes no share.
  static func biasLabel(_ bias: Bool) -> String { bias ? "" : " without bias" }
}

extension NamedRule {
  /// In a composite's file.
  static let alphaBeta = NamedRule(
    "alpha-beta", [.number("alpha", default: 2), .number("beta", default: 1), .stabilizer, .bias]
  ) { (values) throws(PellucidError) in
    let (alpha, beta) = (values["alpha"], values["beta"])
    guard abs(alpha - beta - 1) < 1e-5 else {
      throw values.wrong("alpha", "alpha − beta is \(alpha - beta)", "let them differ by 1")
    }
    return RelevanceRule.alphaBeta(alpha: alpha, beta: beta, stabilizer: values.stabilizer, bias: values.bias)
  }
}
