internal import Faults
internal import Networks
internal import Tensors

/// The options of the methods that switch features on and off, and the features they ask for.
struct FeatureOptions: Sendable {
  static let options =
    [
      MethodOption(
        "supervoxels", "N", default: "200; the atlas's regions where one is given",
        "features: so many pieces of similar intensity (SLIC)"),
      MethodOption(
        "compactness", "F", default: "0.1",
        "how round supervoxels are: the weight of their distance in mm, in grid steps, beside the range of intensity"
      ),
    ] + Fill.options + [Fill.seedOption]

  private let supervoxels: Int?
  private let compactness: Float
  private let fill: Fill
  let seed: Int

  init(_ values: OptionValues) throws(PellucidError) {
    let number = try values.integer("supervoxels", default: 0, least: 1, most: 20_000)
    supervoxels = number == 0 ? nil : number
    compactness = try values.number("compactness", default: 0.1, in: 1e-4...1e4, "a number between 0.0001 and 10000")
    fill = try Fill(values)
    seed = try values.integer("seed", default: 0, least: 0)
  }

  /// What makes features absent.
  func occluder(for subject: Subject) throws(PellucidError) -> Occluder { try Occluder(fill, for: subject) }

  /// Supervoxels where they were asked for or there is no atlas, else the atlas's regions.
  ///
  /// - Throws: `.badData` where no region, or no voxel that the fill would change, is in the image.
  func features(of subject: Subject, _ occluder: Occluder) throws(PellucidError) -> FeatureSet {
    if supervoxels == nil, let labels = subject.labels { return try FeatureSet(regionsOf: subject, labels: labels) }
    let changing = occluder.changes(subject.image)
    guard changing.contains(true) else { throw .fillChangesNothing() }
    let pieces = Supervoxels(
      of: subject.image, count: supervoxels ?? 200, compactness: compactness, voxelSizes: subject.voxelSizes,
      within: changing)
    return FeatureSet(pieces, spatial: subject.image.shape.spatial)
  }

  /// What the provenance says about the features.
  func facts(_ features: FeatureSet, _ occluder: Occluder) -> [Relevance.Fact] {
    [.init("features", .text(features.kind.rawValue)), .init("feature_count", .integers([features.count]))]
      + (features.kind == .regions ? [.regionsOutside(features.outside)] : []) + occluder.facts
  }
}
