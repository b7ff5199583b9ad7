extension NamedComposite {
  /// ε for dense layers, αβ with α = 2, β = 1 for convolutions, flat for the first linear layer.
  static let epsilonAlpha2Beta1Flat = NamedComposite("epsilon-alpha2-beta1-flat", takes: [.epsilon]) {
    Composite(
      convolution: RelevanceRule.alphaBeta(alpha: 2, beta: 1), dense: RelevanceRule.epsilon($0.epsilon),
      first: Composite.Special(NodeSelector(kinds: [.linear], position: .first), RelevanceRule.flat()))
  }
}

extension CompositeChoice {
  /// ε for dense layers, αβ with α = 2, β = 1 for convolutions, flat for the first linear layer.
  public static let epsilonAlpha2Beta1Flat = Self.named(.epsilonAlpha2Beta1Flat)
}
