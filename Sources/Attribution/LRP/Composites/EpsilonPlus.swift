internal import Networks

extension Composite {
  /// ε for dense layers, z⁺ for convolutions.
  static func epsilonPlus(epsilon: Float) -> Composite {
    Composite(convolution: RelevanceRule.zPlus(), dense: RelevanceRule.epsilon(epsilon))
  }
}
