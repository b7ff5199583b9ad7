internal import Networks

extension Composite {
  /// ε for dense layers, z⁺ for convolutions, flat for the first linear layer.
  static func epsilonPlusFlat(epsilon: Float) -> Composite {
    Composite(
      convolution: RelevanceRule.zPlus(), dense: RelevanceRule.epsilon(epsilon),
      first: Special(NodeSelector(kinds: [.linear], position: .first), RelevanceRule.flat()))
  }
}
