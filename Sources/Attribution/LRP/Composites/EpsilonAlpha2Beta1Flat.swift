internal import Networks

extension Composite {
  /// ε for dense layers, αβ with α = 2, β = 1 for convolutions, flat for the first linear layer.
  static func epsilonAlpha2Beta1Flat(epsilon: Float) -> Composite {
    Composite(
      convolution: RelevanceRule.alphaBeta(alpha: 2, beta: 1), dense: RelevanceRule.epsilon(epsilon),
      first: Special(NodeSelector(kinds: [.linear], position: .first), RelevanceRule.flat()))
  }
}
