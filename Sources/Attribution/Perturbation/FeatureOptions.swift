internal import Faults
internal import Networks
internal import Tensors

/// The options of the methods that switch features on and off, and the features they ask for.
struct FeatureOptions: Sendable {
  static let options = [
    MethodOption(
      "supervoxels", "N", default: "200; the atlas's regions where one is given",
      "features: so many pieces of similar intensity (SLIC)"),
    MethodOption(
      "compactness", "F", default: "0.1",
      "how round supervoxels are: the weight of a step beside the range of intensity"
    ),
    MethodOption(
      "fill", "VALUE", default: "the card's background", "what absent features are set to, in normalized units"),
    MethodOption("seed", "N", default: "0", "start of the random numbers"),
  ]

  private let supervoxels: Int?
  private let compactness: Float
  private let fill: Float?
  let seed: Int

  init(_ values: OptionValues) throws(PellucidError) {
    let number = try values.integer("supervoxels", default: 0, least: 1, most: 20_000)
    supervoxels = number == 0 ? nil : number
    compactness = try values.number("compactness", default: 0.1, in: 1e-4...1e4, "a number between 0.0001 and 10000")
    fill = try values.number("fill")
    seed = try values.integer("seed", default: 0, least: 0)
  }

  /// What absent features are set to.
  func fill(for subject: Subject) -> FillValues { .value(fill ?? subject.background) }

  /// Supervoxels where they were asked for or there is no atlas, else the atlas's regions.
  ///
  /// - Throws: `.badData` where no region, or no voxel that the fill would change, is in the image.
  func features(of subject: Subject) throws(PellucidError) -> FeatureSet {
    if supervoxels == nil, let labels = subject.labels { return try FeatureSet(regionsOf: subject, labels: labels) }
    let changing = fill(for: subject).changes(subject.image)
    guard changing.contains(true) else { throw .fillChangesNothing() }
    let pieces = Supervoxels(
      of: subject.image, count: supervoxels ?? 200, compactness: compactness, within: changing)
    return FeatureSet(pieces, spatial: subject.image.shape.spatial)
  }

  /// What the provenance says about the features.
  func facts(_ features: FeatureSet, _ subject: Subject) -> [Relevance.Fact] {
    var facts: [Relevance.Fact] = [
      .init("features", .text(features.kind.rawValue)), .init("feature_count", .integers([features.count])),
    ]
    if case .value(let value) = fill(for: subject) { facts.append(.init("fill", .number(Double(value)))) }
    return facts
  }
}

extension FillValues {
  /// For each voxel, whether it would change any channel.
  func changes(_ image: Tensor) -> [Bool] {
    let values = image.ordered(.channelsLast).values
    let channels = image.shape[1]
    let other: [Float]? = if case .image(let fill) = self { fill.ordered(.channelsLast).values } else { nil }
    let constant: Float = if case .value(let value) = self { value } else { 0 }
    return (0..<image.shape.voxels).map { voxel in
      (voxel * channels..<(voxel + 1) * channels).contains { values[$0] != (other?[$0] ?? constant) }
    }
  }
}
