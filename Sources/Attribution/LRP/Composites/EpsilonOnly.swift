internal import Networks

extension Composite {
  /// ε for every linear layer; 1e-6 in convolutions.
  ///
  /// So it is for normalizations: they are linear layers once their statistics are held constant. Up to the stabilizer the map of a network of
  /// ReLUs is then gradient × input.
  static func epsilon(_ epsilon: Float) -> Composite {
    var composite = Composite(convolution: RelevanceRule.epsilon(1e-6), dense: RelevanceRule.epsilon(epsilon))
    composite.rules[.normalization] = Norm()
    return composite
  }
}
