import PellucidFaults

extension PellucidError {
  static func unknownColourMap(_ name: String) -> Self {
    PellucidError(
      .usage, what: "there is no colour map \"\(name)\"",
      remedy: NearMiss.remedy(
        for: name, among: ColourMap.names + ColourMap.names.map { $0 + "_r" }, noun: "colour maps"))
  }

  static func singularAffine(_ volume: String?, _ role: String) -> Self {
    PellucidError(
      .badData, at: Place(file: volume ?? role, part: "affine"), what: "the image has no place in space",
      why: "its voxel-to-world matrix is singular", remedy: "mend the sform or qform of its header")
  }

  static func noVoxels(_ volume: String?, _ role: String) -> Self {
    PellucidError(
      .badData, at: Place(file: volume ?? role), what: "the image has no voxels",
      remedy: "give an image with at least one voxel")
  }

  static func noSuchChannel(_ channel: Int, of count: Int, _ volume: String?) -> Self {
    PellucidError(
      .usage, at: Place(file: volume), what: "there is no channel \(channel)", why: "the image has \(count)",
      remedy: "channels are counted from 0")
  }

  static func optionOutOfRange(_ option: String, _ value: String, wants: String) -> Self {
    PellucidError(
      .usage, at: Place(part: option), what: "\(value) is out of range", remedy: "give \(wants)")
  }

  static func contoursThroughGlass() -> Self {
    PellucidError(
      .usage, what: "a glass brain has no contours", why: "they are lines on slices",
      remedy: "leave out the contours or the glass")
  }

  static func mapsApart(_ one: String?, _ other: String?) -> Self {
    PellucidError(
      .badData, at: Place(file: other ?? "the second map"), what: "the maps lie apart in the world",
      why: "no voxel of \(one ?? "the first map") lies in it", remedy: "register one to the other")
  }

  static func figureTooLarge(width: Int, height: Int) -> Self {
    PellucidError(
      .usage, what: "the picture would be too large", why: "\(width) × \(height) pixels, at most 30000 × 30000",
      remedy: "ask for fewer slices or a lower resolution")
  }

  static func drawingFailed(_ why: String) -> Self {
    PellucidError(.internalFault, what: "the picture could not be drawn", why: why)
  }

  static func notAPicture(_ why: String) -> Self {
    PellucidError(.badData, what: "this is not a PNG picture that can be read", why: why, remedy: "make it again")
  }
}
