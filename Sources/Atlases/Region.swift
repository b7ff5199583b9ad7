/// The side of the brain on which a region lies, as the `hemisphere` column of a label file says it.
public enum Hemisphere: String, Hashable, Sendable, CaseIterable {
  /// Left of the midline.
  case left = "L"
  /// Right of the midline.
  case right = "R"
  /// On both sides, or across the midline.
  case both = "B"
  /// Nothing is known of it.
  case unknown = "n/a"

  /// The side that a word of a label file names (`L`, `left`, `lh`, `B`, `bilateral`…, in any case); nil: none.
  public init?(word: String) {
    switch word.lowercased() {
    case "l", "left", "lh", "hemi-l": self = .left
    case "r", "right", "rh", "hemi-r": self = .right
    case "b", "both", "bilateral", "lr", "l+r", "midline", "m": self = .both
    case "n/a", "": self = .unknown
    default: return nil
    }
  }

  /// The side that a region's name tells: `Precentral_L`, `Left-Amygdala`, `ctx-lh-cuneus`, `Hippocampus R`; else unknown.
  ///
  /// The words `left`, `right`, `lh`, `rh` count anywhere in the name, the letters L and R only as its first or last word.
  public static func guessed(from name: String) -> Hemisphere {
    let words = name.split { !($0.isLetter || $0.isNumber) }.map { $0.lowercased() }
    for word in words {
      if word == "left" || word == "lh" { return .left }
      if word == "right" || word == "rh" { return .right }
    }
    guard words.count > 1, let first = words.first, let last = words.last else { return .unknown }
    for word in [last, first] {
      if word == "l" || word == "lt" { return .left }
      if word == "r" || word == "rt" { return .right }
    }
    return .unknown
  }
}

/// A region of an atlas: the label that its voxels carry and what is known of it.
public struct Region: Hashable, Sendable {
  /// The label of the region's voxels; above 0.
  public var index: Int32
  /// The region's name, as the label file spells it.
  public var name: String
  /// The side on which it lies.
  public var hemisphere: Hemisphere
  /// Its colour, `#rrggbb` in lower case; nil where the label file gives none.
  public var colour: String?
  /// The lobe, or another larger part of the brain, to which it belongs; nil where the label file says none.
  public var lobe: String?

  /// A region; the side is read off the name unless it is given.
  public init(index: Int32, name: String, hemisphere: Hemisphere? = nil, colour: String? = nil, lobe: String? = nil) {
    self.index = index
    self.name = name
    self.hemisphere = hemisphere ?? .guessed(from: name)
    self.colour = colour
    self.lobe = lobe
  }

  /// A region of which only the label is known: `region-N`.
  public static func unnamed(_ index: Int32) -> Region {
    Region(index: index, name: "region-\(index)", hemisphere: .unknown)
  }
}
