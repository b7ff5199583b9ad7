/// A number that says how well a map finds what was truly changed; each stands in the file of what it measures.
public struct TruthMetric: Sendable, Hashable {
  /// The name of its column.
  public let name: String
  /// What charts call it; nil: it does not lie between 0 and 1, and stands in none.
  public let caption: String?
  /// What it says, for the command's help.
  public let meaning: String
  let value: @Sendable (TruthEvidence) -> Double?

  init(
    _ name: String, caption: String?, _ meaning: String, value: @escaping @Sendable (TruthEvidence) -> Double?
  ) {
    self.name = name
    self.caption = caption
    self.meaning = meaning
    self.value = value
  }

  /// Every metric, in the order of tables: one line each.
  public static let all: [TruthMetric] = [
    .relevanceMass, .relevanceRank, .areaUnderCurve, .regionPlace, .regionTop, .regionArea, .dice,
    .pointingGame,
  ]

  /// Whether two are the same, which their names say.
  public static func == (a: TruthMetric, b: TruthMetric) -> Bool { a.name == b.name }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A map and what was truly changed, with what several metrics need of both.
struct TruthEvidence {
  /// The map, its channels added up, a value a voxel of the mask.
  let relevance: [Float]
  let truth: TruthMask
  /// The voxels by |R|.
  let ranking: Ranking
  /// The places of the changed regions; nil without a table or without changed regions.
  let region: RegionRank?
}
