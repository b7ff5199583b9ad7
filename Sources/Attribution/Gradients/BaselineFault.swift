package import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

extension ScoreFunction {
  /// The error that names a method's baseline, where it is the baseline that the network gives no number for; nil where it is not.
  ///
  /// - Parameter error: what the method failed with.
  package func baselineFault(
    behind error: PellucidError, of type: any AttributionMethod.Type, _ values: OptionValues, _ subject: Subject
  ) -> PellucidError? {
    guard error.kind == .numeric, type.options.contains(where: { $0.name == "baseline" }) else { return nil }
    func fault(_ text: String?) -> PellucidError? {
      do throws(PellucidError) {
        let image = try Baseline(OptionValues(text.map { ["baseline": $0] } ?? [:])).image(for: subject).image
        _ = try network.logits(image)
      } catch {
        return error
      }
      return nil
    }
    let given = values.text("baseline")
    guard let own = fault(given), own.kind == .numeric else { return nil }
    let others = [subject.background == 0 ? nil : "\(subject.background)", "1", "blur"].compactMap { $0 }
    let working = others.filter { $0 != given && fault($0) == nil }
    return .baselineWithoutAnswer(given ?? "0", node: own.place.part ?? own.what, working: working)
  }
}

extension PellucidError {
  fileprivate static func baselineWithoutAnswer(_ baseline: String, node: String, working: [String]) -> Self {
    .init(
      .badData, what: "the network gives no number for the baseline \(baseline), an image to compare the scan with",
      why: "it divides by zero, or overflows, at \(node)",
      remedy: "take "
        + (working.map { "`baseline` \($0)" } + ["another scan (`baseline` FILE)"]).joined(separator: " or "))
  }
}
