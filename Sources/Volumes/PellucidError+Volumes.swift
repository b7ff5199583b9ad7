import PellucidFaults

extension PellucidError {
  static func unreadable(_ file: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it cannot be read", why: why, remedy: "check the name and the permissions"
    )
  }

  static func isFolder(_ file: String, holds format: ForeignFormat?) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it is a folder\(format.map { " of \($0.name)" } ?? ""), not an image",
      remedy: format?.remedy(for: file) ?? "name the .nii or .nii.gz file in it")
  }

  static func foreignFormat(_ file: String, _ format: ForeignFormat) -> Self {
    .init(
      .unsupported, at: .init(file: file), what: "it is \(format.name), which is not read",
      remedy: format.remedy(for: file))
  }

  static func emptyFile(_ file: String) -> Self {
    .init(.badData, at: .init(file: file), what: "the file is empty", remedy: "copy the file again")
  }

  static func missingPartner(_ file: String, partner: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the other half of the image is missing", why: "there is no \(partner)",
      remedy: "put .hdr and .img side by side")
  }

  static func damagedGzip(_ file: String, part: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: part), what: "the compressed data are damaged",
      why: "they do not pass gzip's own checks", remedy: "copy the file again")
  }

  static func cutGzip(_ file: String, part: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: part), what: "the compressed data end too early",
      why: "the gzip stream is cut off", remedy: "copy the file again")
  }

  static func notAnImage(_ file: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it is not a NIfTI or Analyze image", why: why,
      remedy: "give a .nii, .nii.gz, .hdr/.img or .mgz image")
  }

  static func notFreeSurfers(_ file: String, bytes: Int) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it is not a FreeSurfer image",
      why: bytes < MGHHeader.dataOffset
        ? "it holds only \(bytes) bytes, a header has \(MGHHeader.dataOffset)" : "it does not begin with version 1",
      remedy: "copy the file again")
  }

  static func wrongContainer(_ file: String, why: String, remedy: String) -> Self {
    .init(.badData, at: .init(file: file, part: "header"), what: "name and header disagree", why: why, remedy: remedy)
  }

  static func badHeader(_ field: String, why: String) -> Self {
    .init(
      .badData, at: .init(part: "header field \(field)"), what: "the header cannot be trusted", why: why,
      remedy: "repair the header or copy the file again")
  }

  static func badFreeSurferGeometry(why: String) -> Self {
    .init(
      .badData, at: .init(part: "header's directions and voxel sizes"), what: "the affine places no voxels", why: why,
      remedy: "write the image again with FreeSurfer's mri_convert")
  }

  static func badAffine(_ field: String, why: String) -> Self {
    .init(
      .badData, at: .init(part: "header field \(field)"), what: "the affine places no voxels", why: why,
      remedy: "repair the header's sform or qform")
  }

  static func badMatrix(_ file: String, name: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: "variable \(name)"), what: "the affine places no voxels", why: why,
      remedy: "repair the file, or move it away to take the header's geometry")
  }

  static func tooManyAxes(_ extents: [Int], first axis: Int) -> Self {
    .init(
      .unsupported, at: .init(part: "header field dim[\(axis)]"), what: "an image of \(extents.count) axes",
      why: extents.map(String.init).joined(separator: " × ") + " voxels, where 3 axes or 4 with channels are read",
      remedy: "extract one volume")
  }

  static func notVectors(_ file: String, extents: [Int]) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it is not an image of vectors",
      why: extents.map(String.init).joined(separator: " × ")
        + " voxels, where ITK and ANTs write five axes with the fourth of one place",
      remedy:
        "give the displacement field that ANTs wrote (…Warp.nii.gz); FSL's warps are converted by c3d or wb_command")
  }

  static func tooManyVoxels(_ extents: [Int]) -> Self {
    .init(
      .badData, at: .init(part: "header field dim"), what: "the image is too large",
      why: extents.map(String.init).joined(separator: " × ") + " voxels, where at most 2^31 are read",
      remedy: "check the header, or extract a part of the image")
  }

  static func tooMuchMemory(_ file: String, extents: [Int], bytes: Int, limit: Int) -> Self {
    func gigabytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1e9, places: 1) + " GB" }
    return .init(
      .badData, at: .init(file: file, part: "header field dim"), what: "the image is too large for this machine",
      why: "\(extents.map(String.init).joined(separator: " × ")) voxels take \(gigabytes(bytes)), "
        + "a quarter of the machine's memory is \(gigabytes(limit))",
      remedy: "check the header, take a larger machine, or resample the image")
  }

  static func unsupportedVoxels(_ sort: String) -> Self {
    .init(
      .unsupported, at: .init(part: "header field datatype"), what: "the voxels are \(sort)",
      why: "only integers and floats can be explained", remedy: "convert the image to one number a voxel")
  }

  static func truncated(_ file: String, wants: Int, has: Int) -> Self {
    .init(
      .badData, at: .init(file: file, part: "voxel data"), what: "the voxel data end too early",
      why: "the header announces \(wants) bytes, the file holds \(has)", remedy: "copy the file again")
  }

  static func impossibleExpansion(_ file: String, wants: Int, has: Int) -> Self {
    .init(
      .badData, at: .init(file: file, part: "header field dim"), what: "the header's sizes cannot be true",
      why: "it announces \(wants) bytes of voxels, which gzip cannot squeeze into \(has) bytes",
      remedy: "copy the file again")
  }

  static func nothingFinite(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "no voxel is finite: every one is NaN or infinite",
      remedy: "make the image again")
  }

  static func notFinite(_ file: String, voxel: VoxelIndex, channel: Int?, value: Float, count: Int) -> Self {
    let place = "(\(voxel.i), \(voxel.j), \(voxel.k))" + (channel.map { " of volume \($0)" } ?? "")
    let name = value.isNaN ? "NaN" : "infinite, or too large for float32"
    return .init(
      .badData, at: .init(file: file, part: "voxel \(place)"), what: "the value is \(name)",
      why: count == 1 ? "it is the only such voxel" : "the first of \(count) such voxels",
      remedy: "mask or repair the image, or take them as 0 (`nan` zero)")
  }

  static func unknownAxisCodes(_ codes: String) -> Self {
    .init(
      .usage, what: "\"\(codes)\" is no orientation", why: "it takes one letter of each of R/L, A/P and S/I",
      remedy: "for example RAS")
  }
}
