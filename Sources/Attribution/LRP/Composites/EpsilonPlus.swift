extension NamedComposite {
  /// ε for dense layers, z⁺ for convolutions.
  static let epsilonPlus = NamedComposite("epsilon-plus", takes: [.epsilon]) {
    Composite(convolution: RelevanceRule.zPlus(), dense: RelevanceRule.epsilon($0.epsilon))
  }
}

extension CompositeChoice {
  /// ε for dense layers, z⁺ for convolutions.
  public static let epsilonPlus = Self.named(.epsilonPlus)
}
