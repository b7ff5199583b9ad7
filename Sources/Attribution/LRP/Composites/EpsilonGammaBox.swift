extension NamedComposite {
  /// ε for dense layers, γ for convolutions, zᴮ for the first one.
  static let epsilonGammaBox = NamedComposite("epsilon-gamma-box", takes: [.epsilon, .gamma, .bounds]) {
    Composite(
      convolution: RelevanceRule.gamma($0.gamma), dense: RelevanceRule.epsilon($0.epsilon),
      first: Composite.Special(
        NodeSelector(kinds: [.convolution], position: .first), RelevanceRule.zBox(low: $0.low, high: $0.high)))
  }
}

extension CompositeChoice {
  /// ε for dense layers, γ for convolutions, zᴮ for the first one.
  public static let epsilonGammaBox = Self.named(.epsilonGammaBox)
}
