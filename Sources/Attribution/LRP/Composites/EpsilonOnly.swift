internal import PellucidNetworks

extension NamedComposite {
  /// ε for every linear layer; 1e-6 in convolutions.
  ///
  /// So it is for normalizations: they are linear layers once their statistics are held constant. Up to the stabilizer the map of a network of
  /// ReLUs is then gradient × input.
  static let epsilon = NamedComposite("epsilon", takes: [.epsilon]) {
    var composite = Composite(convolution: RelevanceRule.epsilon(1e-6), dense: RelevanceRule.epsilon($0.epsilon))
    composite.rules[.normalization] = Norm()
    return composite
  }
}

extension CompositeChoice {
  /// ε for every linear layer; 1e-6 in convolutions.
  public static let epsilon = Self.named(.epsilon)
}
