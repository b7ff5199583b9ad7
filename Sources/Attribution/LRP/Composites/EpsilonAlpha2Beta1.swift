extension NamedComposite {
  /// ε for dense layers, αβ with α = 2, β = 1 for convolutions.
  static let epsilonAlpha2Beta1 = NamedComposite("epsilon-alpha2-beta1", takes: [.epsilon]) {
    Composite(convolution: RelevanceRule.alphaBeta(alpha: 2, beta: 1), dense: RelevanceRule.epsilon($0.epsilon))
  }
}

extension CompositeChoice {
  /// ε for dense layers, αβ with α = 2, β = 1 for convolutions.
  public static let epsilonAlpha2Beta1 = Self.named(.epsilonAlpha2Beta1)
}
