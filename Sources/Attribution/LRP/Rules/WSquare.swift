internal import PellucidNetworks

extension RelevanceRule {
  /// Relevance in proportion to squared weights, whatever the input.
  ///
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008.
  /// - Parameter bias: whether the bias takes a share, which is then lost.
  package static func wSquare(stabilizer: Float = 1e-6, bias: Bool = true) -> RelevanceRule {
    let change = WeightChange(weights: .squared, bias: bias ? .squared : nil)
    return RelevanceRule(
      "w-square" + biasLabel(bias), [Group(branches: [Branch(input: .constant(1), weights: change)])],
      epsilon: stabilizer)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let wSquare = NamedRule("w-square", [.stabilizer, .bias]) {
    RelevanceRule.wSquare(stabilizer: $0.stabilizer, bias: $0.bias)
  }
}
