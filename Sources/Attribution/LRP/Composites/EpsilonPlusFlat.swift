extension NamedComposite {
  /// ε for dense layers, z⁺ for convolutions, flat for the first linear layer.
  static let epsilonPlusFlat = NamedComposite("epsilon-plus-flat", takes: [.epsilon]) {
    Composite(
      convolution: RelevanceRule.zPlus(), dense: RelevanceRule.epsilon($0.epsilon),
      first: Composite.Special(NodeSelector(kinds: [.linear], position: .first), RelevanceRule.flat()))
  }
}

extension CompositeChoice {
  /// ε for dense layers, z⁺ for convolutions, flat for the first linear layer.
  public static let epsilonPlusFlat = Self.named(.epsilonPlusFlat)
}
