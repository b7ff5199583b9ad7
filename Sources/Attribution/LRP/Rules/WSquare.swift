internal import Networks

extension RelevanceRule {
  /// Relevance in proportion to squared weights, whatever the input.
  ///
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008.
  package static func wSquare(stabilizer: Float = 1e-6) -> RelevanceRule {
    RelevanceRule(
      [Group(branches: [Branch(input: .constant(1), weights: WeightChange(.squared))])], epsilon: stabilizer)
  }
}
