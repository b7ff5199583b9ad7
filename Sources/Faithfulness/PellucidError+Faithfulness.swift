internal import PellucidFaults

extension PellucidError {
  static func features(_ text: String) -> Self {
    .init(
      .usage, what: "`features` \(text) is not voxels, patch:N, regions or supervoxels",
      remedy: "write it as patch:8 for cells of 8 × 8 × 8 voxels")
  }

  static func regionsWithoutAtlas() -> Self {
    .init(.usage, what: "`features` regions needs an atlas", remedy: "name one with `atlas`")
  }

  static func noRegionOnGrid() -> Self {
    .init(
      .badData, what: "no region of the atlas lies in the model's field of view",
      remedy: "check that scan and atlas are in the same space")
  }

  static func nothingToFill() -> Self {
    .init(
      .badData, what: "the scan equals the fill everywhere, so that there is nothing to fill",
      remedy: "check the scan, or choose another value with `fill`")
  }

  static func unknownMetric(_ name: String, among names: [String]) -> Self {
    .init(
      .usage, what: "no metric \(name)", remedy: NearMiss.remedy(for: name, among: names, noun: "the metrics are"))
  }

  static func overBudget(_ metrics: [String], passes: Int, budget: Int, features: String, fitting: String?) -> Self {
    .init(
      .usage,
      what: "\(metrics.joined(separator: ", ")) over \(features) would take \(passes) passes of the network a scan",
      why: "`max-passes` is \(budget)",
      remedy: (fitting.map { "take `features` \($0), or " } ?? "") + "raise `max-passes`")
  }
}
