internal import PellucidFaults
internal import PellucidVolumes

extension PellucidError {
  static func activations(card: String, stated: String, graph: String) -> Self {
    .init(
      .badData, at: Place(file: card, part: "output.activation"),
      what: "the card says \(stated), the model ends in \(graph)",
      remedy: "leave the key out: the model's own is used")
  }

  static func rank(_ dimensions: [String]) -> Self {
    .init(
      .badData, what: "the model's input is not a 3D image",
      why: "its shape is [\(dimensions.joined(separator: ", "))], a 3D classifier's is [N, C, D, H, W]",
      remedy: "export the 3D network")
  }

  /// - Parameter card: the card that names the input; nil: the caller does.
  static func notAnImage(_ name: String, model: String, card: String?) -> Self {
    .init(
      card == nil ? .usage : .badData, at: Place(file: card ?? model, part: "input \(name)"),
      what: "the input takes no image", why: "\(model) takes numbers for it",
      remedy: card == nil ? "give it with `input` \(name)=VALUE" : "give it a number under inputs")
  }

  static func imageLists(_ name: String, card: String, items: Int, channels: Int) -> Self {
    .init(
      .badData, at: Place(file: card, part: "inputs.\(name)"), what: "its lists do not fit the image's channels",
      why: "they have \(items) items, the model takes \(channels == 1 ? "1 channel" : "\(channels) channels")",
      remedy: "give one item a channel, or one value for all")
  }

  static func imageMissing(_ scan: String, _ names: [String], channels: Int, wanted: Int) -> Self {
    .init(
      .badData, at: Place(file: scan, part: "input \(names[0])"), what: "the network takes a further image",
      why: "\(scan) holds \(channels == 1 ? "1 channel" : "\(channels) channels") of \(wanted)",
      remedy: "give it with `input` \(names[0])=FILE.nii.gz")
  }

  static func furtherInput(_ name: String, model: String, known: [String], card: String? = nil) -> Self {
    .init(
      card == nil ? .usage : .badData, at: Place(file: card ?? model, part: card.map { _ in "inputs" }),
      what: card == nil ? "the model has no further input \(name)" : "\(model) has no further input \(name)",
      remedy: known.isEmpty
        ? "it takes the image alone" : NearMiss.remedy(for: name, among: known, noun: "its further inputs are"))
  }

  /// - Parameter key: the key under `output` that names it.
  static func output(
    _ name: String, model: String, known: [String], card: String, key: String = "name"
  ) -> Self {
    .init(
      .badData, at: Place(file: card, part: "output.\(key)"), what: "\(model) has no output \(name)",
      remedy: NearMiss.remedy(for: name, among: known, noun: "its outputs are"))
  }

  static func templateChannels(_ file: String, found: Int, wanted: Int) -> Self {
    .init(
      .badData, at: Place(file: file), what: "the fill has \(found) volume\(found == 1 ? "" : "s")",
      why: "the model takes \(wanted)", remedy: "give an image with one volume a channel")
  }

  static func templateElsewhere(_ file: String) -> Self {
    .init(
      .badData, at: Place(file: file), what: "the fill does not overlap the scan in the world",
      why: "there is no voxel where both are other than 0", remedy: "register one to the other, or use another `fill`")
  }

  static func baselineElsewhere(_ file: String, share: Double) -> Self {
    .init(
      .badData, at: Place(file: file), what: "the baseline does not cover the scan",
      why: "in the world it holds \(Int((100 * share).rounded(.down))) % of the scan's voxels",
      remedy: "register one to the other, or use another `baseline`")
  }

  static func noFolder(_ path: String) -> Self {
    .init(
      .badData, at: Place(file: path), what: "it is not a folder that can be read", remedy: "name a folder of scans")
  }

  static func noScans(_ path: String) -> Self {
    .init(
      .badData, at: Place(file: path), what: "the folder holds no scan",
      why: "there is no image in it, whose name ends in .nii.gz or the like", remedy: "name a folder of scans")
  }

  static func lesionTarget(_ name: String) -> Self {
    .init(
      .usage, what: "a lesion is told in the card's own output, not in \(name)", remedy: "name a class with `target`")
  }

  static func lesionOutside(_ scan: String, _ centre: WorldPoint, spans: [ClosedRange<Double>]) -> Self {
    func text(_ number: Double) -> String { number.words(decimals: 1) }
    let names = zip(["x", "y", "z"], spans).map { "\($0) \(text($1.lowerBound)) to \(text($1.upperBound))" }
    return .init(
      .usage, at: Place(file: scan),
      what: "no voxel of the model's field of view lies at \(text(centre.x)), \(text(centre.y)), \(text(centre.z)) mm",
      why: "it spans \(names.joined(separator: ", ")) mm", remedy: "choose another place with `at`")
  }

  static func atlasSpace() -> Self {
    .init(.usage, what: "maps in the atlas's space need an atlas", remedy: "name one with `atlas`")
  }

  static func bentSpace() -> Self {
    .init(
      .usage, what: "maps cannot be brought to the atlas's space by a displacement field",
      why: "it takes the scan's points to the atlas, the way back is not known",
      remedy: "leave `space` atlas out, and bring the maps there by antsApplyTransforms")
  }
}
