extension RandomizationStudy {
  /// The verdict on a method's rows, the first of which is the hardly changed scan.
  ///
  /// With s₀ Spearman's correlation of |R| over the head for the hardly changed scan and s for the network that has lost the most weights
  /// and still depends on the scan: it follows the weights where s < s₀ / 2, does not where s > 0.8·s₀, and nothing can be told between,
  /// where s₀ < 0.5, or where no such network is left. The background is left out: most methods' maps are alike there whatever the weights.
  static func verdict(_ rows: [Row]) -> Verdict {
    guard let same = rows.first?.inHead, same >= 0.5 else { return .open }
    let live = rows.dropFirst().filter { $0.order != "random-logit" }.compactMap(\.inHead)
    let compared = rows.first?.order == Order.independent.rawValue ? live.min() : live.last
    guard let compared else { return .open }
    return compared < 0.5 * same ? .follows : compared > 0.8 * same ? .ignores : .open
  }
}
