internal import Networks

extension RelevanceRule {
  /// Relevance in proportion to each contribution, with a stabilizer.
  ///
  ///     R_i = x_i · Σ_j w_ij · R_j / (z_j ± ε)
  ///
  /// Source: Bach et al. 2015, doi:10.1371/journal.pone.0130140, eq. 58.
  package static func epsilon(_ epsilon: Float) -> RelevanceRule {
    RelevanceRule([Group(branches: [Branch(input: .same, weights: WeightChange(.same))])], epsilon: epsilon)
  }
}
