internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidTensors

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

  private static let pieces = WholeParameter("supervoxels", in: 1...20_000)

  /// How many supervoxels; nil: the atlas's regions, or 200 where there is no atlas.
  let supervoxels: Int?
  let compactness: Float
  let fill: Fill
  /// Start of the random numbers of samples and of the fill's noise.
  let seed: Int

  /// - Throws: `.usage` for a number out of bounds, naming the parameter.
  init(supervoxels: Int?, compactness: Float, fill: Fill, seed: Int) throws(PellucidError) {
    if let supervoxels { try Self.pieces.check(supervoxels) }
    try ParameterCheck.number("compactness", compactness, in: 1e-4...1e4, "a number between 0.0001 and 10000")
    self.supervoxels = supervoxels
    self.compactness = compactness
    self.fill = fill.seeded(seed)
    self.seed = seed
    try self.fill.check()
  }

  init(_ values: OptionValues) throws(PellucidError) {
    try self.init(
      supervoxels: try Self.pieces.given(values), compactness: try values.number("compactness") ?? 0.1,
      fill: try Fill(values), seed: try WholeParameter.seed.given(values) ?? 0)
  }

  private func takesRegions(of subject: Subject) -> Bool { supervoxels == nil && subject.labels != nil }

  /// The options as text, without those that have no effect on this subject.
  func settings(for subject: Subject) -> OptionValues {
    var settings = fill.settings.merging(["seed": "\(seed)"])
    if !takesRegions(of: subject) {
      settings["supervoxels"] = "\(supervoxels ?? 200)"
      settings["compactness"] = compactness.optionText
    }
    return settings
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
