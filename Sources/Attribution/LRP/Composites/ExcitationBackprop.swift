internal import PellucidNetworks

extension NamedComposite {
  /// z⁺ for every linear layer; activations and normalizations follow their gradient, as in Zennit.
  ///
  /// Source: Zhang et al. 2016, arXiv:1608.00507.
  static let excitationBackprop = NamedComposite("excitation-backprop", takes: []) { _ in
    var composite = Composite(convolution: RelevanceRule.zPlus(), dense: RelevanceRule.zPlus())
    for role in [Role.activation, .rectifier, .normalization, .layerNormalization] { composite.rules[role] = nil }
    return composite
  }
}

extension CompositeChoice {
  /// z⁺ for every linear layer; activations and normalizations follow their gradient, as in Zennit.
  public static let excitationBackprop = Self.named(.excitationBackprop)
}
