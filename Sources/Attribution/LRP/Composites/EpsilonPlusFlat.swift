extension Composite {
  /// ε for dense layers, z⁺ for convolutions, flat for the first one.
  static func epsilonPlusFlat(epsilon: Float) -> Composite {
    Composite(convolution: RelevanceRule.zPlus(), dense: RelevanceRule.epsilon(epsilon), first: RelevanceRule.flat())
  }
}
