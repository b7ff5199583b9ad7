internal import PellucidFaults

extension PellucidError {
  static func mapElsewhere(_ name: String, share: Double) -> Self {
    .init(
      .badData, what: "the map \(name) covers \(Int((100 * share).rounded())) % of the scan",
      why: "the two meet in the world, by the affines of their files",
      remedy: "give the map the scan's affine, or, if it lies on the model's grid, say `space` model")
  }

  static func mapOffModelGrid(_ name: String, extents: [Int], wanted: [Int]) -> Self {
    let text = { (extents: [Int]) in extents.map(String.init).joined(separator: " × ") }
    return .init(
      .badData, what: "the map \(name) has \(text(extents)) voxels, the model's grid \(text(wanted))",
      remedy: "leave `space` out for maps on the scan's grid")
  }

  static func mapChannels(_ name: String, count: Int, wanted: Int) -> Self {
    .init(
      .badData, what: "the map \(name) holds \(count) volumes",
      why: wanted == 1 ? "one is wanted" : "one is wanted, or \(wanted), one a channel", remedy: "add them up")
  }
}
