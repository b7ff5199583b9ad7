internal import Networks

extension Composite {
  /// z⁺ for every linear layer; activations and normalizations follow their gradient, as in Zennit.
  ///
  /// Source: Zhang et al. 2016, arXiv:1608.00507.
  static func excitationBackprop() -> Composite {
    var composite = Composite(convolution: RelevanceRule.zPlus(), dense: RelevanceRule.zPlus())
    for role in [Role.activation, .rectifier, .normalization, .layerNormalization] { composite.rules[role] = nil }
    return composite
  }
}
