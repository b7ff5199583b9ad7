internal import Networks

extension Composite {
  /// Deep Taylor decomposition: zᴮ for the first linear layer, whose input is bounded, z⁺ without bias for all others.
  ///
  /// Relevance is kept from layer to layer, as its theory wants: biases take no share.
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008.
  static func deepTaylor(low: Float, high: Float) -> Composite {
    Composite(
      convolution: RelevanceRule.zPlus(bias: false), dense: RelevanceRule.zPlus(bias: false),
      first: Special(NodeSelector(kinds: [.linear], position: .first), RelevanceRule.zBox(low: low, high: high)))
  }
}
