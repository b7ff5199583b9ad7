internal import PellucidFaults
internal import PellucidTensors

/// What a place is blanked in: all images of the input at once, or each alone.
///
/// Images are those of a network that takes several, else the channels.
public enum BlankedImages: String, Sendable, Hashable, CaseIterable {
  /// The same place in all: one map.
  case all
  /// In each image alone: a map for each.
  case each

  static let option = MethodOption(
    "blank", "all|each", default: "all",
    "what a place is blanked in: all images (or channels) at once, or each alone, with a map for each")

  /// - Throws: `.usage` for another word.
  init?(_ values: OptionValues) throws(PellucidError) {
    guard let text = values.text("blank") else { return nil }
    guard let known = Self(rawValue: text) else {
      throw .init(
        .usage, what: "`blank` is \(text)", why: "a place is blanked in all images or in each alone",
        remedy: "write all or each")
    }
    self = known
  }

  /// The channels that are blanked together, one entry a map.
  func parts(of subject: Subject) -> [Range<Int>] {
    let count = subject.image.shape[1]
    guard self == .each, count > 1 else { return [0..<count] }
    return subject.images.isEmpty ? (0..<count).map { $0..<($0 + 1) } : subject.images
  }

  /// The maps of some parts, [1, 1, D, H, W] row by row, as one with a channel for each of the image's; a single part has one channel.
  static func joined(_ maps: [Tensor], of parts: [Range<Int>]) -> Tensor {
    guard parts.count > 1 else { return maps[0] }
    let all = Tensor.joined(zip(maps, parts).flatMap { map, part in part.map { _ in map } })
    return all.reinterpreted(as: Shape([1, all.shape[0]] + all.shape.spatial), order: .rowMajor)
  }
}
