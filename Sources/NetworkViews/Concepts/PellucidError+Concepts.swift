internal import PellucidFaults

extension PellucidError {
  static func tooFewExamples(_ name: String, _ count: Int, wanted: Int) -> Self {
    .init(
      .badData, what: "\(name) has \(count) scan\(count == 1 ? "" : "s"), and at least \(wanted) are needed",
      remedy: "give more examples")
  }

  static func conceptWithoutDirection(_ name: String, _ layer: String) -> Self {
    .init(
      .numeric, what: "the layer \(layer) does not tell the examples of \(name) from the random scans at all",
      remedy: "choose another layer as `layer`, or whole as `pool`")
  }

  static func gradientsTooLarge(scans: Int, bytes: Int, limit: Int) -> Self {
    .init(
      .badData,
      what:
        "the layers' values of \(scans) scans take \(bytes >> 20) MiB, more than the \(limit >> 20) MiB of the limit",
      remedy: "take fewer scans or layers, or a larger `memory`")
  }

  static func folderWithoutScans(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the folder holds no scan",
      remedy: "give a folder of NIfTI files, or a table with a column image")
  }

  static func regionNotOnInput(_ name: String, scan: String) -> Self {
    .init(
      .badData, at: .init(file: scan), what: "the region \(name) has no voxel on the network's input",
      remedy: "name another region, or check where scan and atlas lie")
  }

  static func noOtherRegion(_ name: String) -> Self {
    .init(
      .usage, what: "the atlas has no other region on the network's input to hold \(name) against",
      remedy: "take an atlas of several regions")
  }
}
