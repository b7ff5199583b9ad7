internal import PellucidNetworks

extension RelevanceRule {
  /// Relevance shared evenly among all voxels that a unit sees.
  ///
  /// Source: Lapuschkin et al. 2019, doi:10.1038/s41467-019-08987-4.
  package static func flat(stabilizer: Float = 1e-6) -> RelevanceRule {
    RelevanceRule(
      "flat", [Group(branches: [Branch(input: .constant(1), weights: WeightChange(weights: .ones, bias: nil))])],
      epsilon: stabilizer)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let flat = NamedRule("flat", [.stabilizer]) { RelevanceRule.flat(stabilizer: $0.stabilizer) }
}
