internal import Networks

extension RelevanceRule {
  /// Positive and negative contributions shared out apart.
  ///
  ///     R_i = Σ_j ( α·z⁺_ij / z⁺_j − β·z⁻_ij / z⁻_j ) · R_j        α − β = 1
  ///
  /// Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 60.
  package static func alphaBeta(alpha: Float, beta: Float, stabilizer: Float = 1e-6) -> RelevanceRule {
    precondition(alpha >= 0 && beta >= 0 && alpha - beta == 1, "α − β must be 1")
    return RelevanceRule(
      [
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(.positive)),
            Branch(input: .negative, weights: WeightChange(weights: .negative, bias: nil)),
          ], weight: alpha),
        Group(
          branches: [
            Branch(input: .positive, weights: WeightChange(.negative)),
            Branch(input: .negative, weights: WeightChange(weights: .positive, bias: nil)),
          ], weight: -beta),
      ], epsilon: stabilizer)
  }
}
