internal import PellucidFaults
internal import PellucidNetworks

extension RelevanceRule {
  /// For the first layer, whose input lies between two bounds.
  ///
  ///     R_i = Σ_j (x_i·w_ij − l·w⁺_ij − h·w⁻_ij) / (z_j − z_j(l, w⁺) − z_j(h, w⁻)) · R_j
  ///
  /// A bias cancels between the three branches: b − b⁺ − b⁻ = 0.
  /// Source: Montavon et al. 2017, doi:10.1016/j.patcog.2016.11.008.
  package static func zBox(low: Float, high: Float, stabilizer: Float = 1e-6) -> RelevanceRule {
    RelevanceRule(
      "z-box(low=\(low), high=\(high))",
      [
        Group(branches: [
          Branch(input: .same, weights: WeightChange(.same)),
          Branch(input: .constant(low), weights: WeightChange(.positive), sign: -1),
          Branch(input: .constant(high), weights: WeightChange(.negative), sign: -1),
        ])
      ], epsilon: stabilizer)
  }
}

extension NamedRule {
  /// In a composite's file.
  static let zBox = NamedRule("z-box", [.bound("low"), .bound("high"), .stabilizer]) {
    (values) throws(PellucidError) in
    let (low, high) = (values["low"], values["high"])
    guard low < high else { throw values.wrong("low", "low is not below high", "give the input's bounds") }
    return RelevanceRule.zBox(low: low, high: high, stabilizer: values.stabilizer)
  }
}
