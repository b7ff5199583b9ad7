extension NamedComposite {
  /// Deep Taylor decomposition: zᴮ for the first linear layer, whose input is bounded, z⁺ without bias for all others.
  ///
  /// Relevance is kept from layer to layer, as its theory wants: biases take no share.
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008.
  static let deepTaylor = NamedComposite("deep-taylor", takes: [.bounds]) {
    Composite(
      convolution: RelevanceRule.zPlus(bias: false), dense: RelevanceRule.zPlus(bias: false),
      first: Composite.Special(
        NodeSelector(kinds: [.linear], position: .first), RelevanceRule.zBox(low: $0.low, high: $0.high)))
  }
}

extension CompositeChoice {
  /// Deep Taylor decomposition: zᴮ for the first linear layer, whose input is bounded, z⁺ without bias for all others.
  public static let deepTaylor = Self.named(.deepTaylor)
}
