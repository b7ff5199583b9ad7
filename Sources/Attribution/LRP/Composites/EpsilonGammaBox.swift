internal import Networks

extension Composite {
  /// ε for dense layers, γ for convolutions, zᴮ for the first one.
  static func epsilonGammaBox(epsilon: Float, gamma: Float, low: Float, high: Float) -> Composite {
    Composite(
      convolution: RelevanceRule.gamma(gamma), dense: RelevanceRule.epsilon(epsilon),
      first: Special(
        NodeSelector(kinds: [.convolution], position: .first), RelevanceRule.zBox(low: low, high: high)))
  }
}
