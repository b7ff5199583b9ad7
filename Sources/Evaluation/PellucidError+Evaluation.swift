internal import PellucidFaults

extension PellucidError {
  static func truthVolumes(_ file: String?, count: Int) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the truth mask holds \(count) volumes", why: "one is wanted",
      remedy: "give a 3D image, 1 where something was changed")
  }

  static func emptyTruth(_ file: String?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the truth mask marks nothing", why: "no voxel is above 0.5",
      remedy: "give an image that is 1 where something was changed")
  }

  static func truthElsewhere(_ file: String?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the truth mask marks no voxel of the scan",
      why: "the two meet in the world, and what is marked lies beside the scan",
      remedy: "give a mask in the scan's own space")
  }

  static func truthEverywhere(_ file: String?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the truth mask marks every voxel of the scan",
      why: "nothing is left that a map could wrongly mark",
      remedy: "give an image that is 1 only where something was changed")
  }
}
