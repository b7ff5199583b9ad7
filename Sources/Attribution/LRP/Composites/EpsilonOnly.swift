internal import Networks

extension Composite {
  /// ε for every linear layer; 1e-6 in convolutions.
  static func epsilon(_ epsilon: Float) -> Composite {
    Composite(convolution: RelevanceRule.epsilon(1e-6), dense: RelevanceRule.epsilon(epsilon))
  }
}
