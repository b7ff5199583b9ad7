import PellucidFaults

/// One look at a header before its numbers are trusted: nothing to say, something mended, or a refusal.
///
/// Never mends silently (the note goes to the volume and into the provenance), never refuses what can be mended without guessing.
struct HeaderCheck: Sendable {
  /// What a check found.
  enum Finding: Sendable {
    /// Harmless: noted, and changed in the header.
    case mended(Note, @Sendable (inout Header) -> Void)
    /// Nothing sensible can be read.
    case refused(PellucidError)
  }

  let finding: @Sendable (Header) -> Finding?

  /// All checks, in the order in which they may rely on each other.
  static let all: [HeaderCheck] = [
    size, rank, extents, higherAxes, datatype, bitsPerVoxel, voxelCount, voxelOffset, formCodes, voxelSizes, handedness,
    quaternion,
    units, intercept,
  ]

  /// Runs all checks; returns the mended header and what was mended.
  static func run(on header: Header) throws(PellucidError) -> (Header, [Note]) {
    var header = header
    var notes: [Note] = []
    for check in all {
      switch check.finding(header) {
      case nil: continue
      case .mended(let note, let mend):
        notes.append(note)
        mend(&header)
      case .refused(let error): throw error
      }
    }
    return (header, notes)
  }

  private static func mended(
    _ what: String, _ how: String, weight: Note.Weight = .record,
    _ change: @escaping @Sendable (inout Header) -> Void = { _ in }
  ) -> Finding { .mended(Note(what: what, how: how, weight: weight), change) }

  static let size = HeaderCheck { header in
    let right = header.format == .nifti2 ? 540 : 348
    let swapped = Int(Int32(truncatingIfNeeded: right).byteSwapped)
    guard header.format != .mgh, header.sizeofHdr != right, header.sizeofHdr != swapped else { return nil }
    return mended("sizeof_hdr is \(header.sizeofHdr) instead of \(right)", "the magic is believed") {
      $0.sizeofHdr = right
    }
  }

  static let rank = HeaderCheck { header in
    guard !(1...7).contains(header.dim[0]) else { return nil }
    return .refused(.badHeader("dim[0]", why: "the rank is \(header.dim[0]), it must be 1 to 7"))
  }

  static let extents = HeaderCheck { header in
    guard let axis = (1...header.dim[0]).first(where: { header.dim[$0] < 1 }) else { return nil }
    if let axis = (1...header.dim[0]).first(where: { header.dim[$0] < ($0 > 3 ? 0 : 1) }) {
      return .refused(.badHeader("dim[\(axis)]", why: "an axis of \(header.dim[axis]) voxels"))
    }
    // Writers of 3D images with four axes leave 0 there.
    return mended("dim[\(axis)] is 0", "taken as 1") { header in
      for axis in 4...7 where header.dim[axis] == 0 { header.dim[axis] = 1 }
    }
  }

  static let higherAxes = HeaderCheck { header in
    guard let axis = (5...7).first(where: { header.extent($0) > 1 }) else { return nil }
    return .refused(.tooManyAxes(header.dim[1...header.dim[0]].map { $0 }, first: axis))
  }

  static let datatype = HeaderCheck { header in
    switch header.datatype {
    case 2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280, 1536: nil
    case 128, 2304: .refused(.unsupportedVoxels("RGB colours (datatype \(header.datatype))"))
    case 32, 1792, 2048: .refused(.unsupportedVoxels("complex numbers (datatype \(header.datatype))"))
    case 1: .refused(.unsupportedVoxels("single bits (datatype 1)"))
    case _ where header.format == .mgh:
      .refused(.badHeader("type", why: "it is none of FreeSurfer's: 0 (uchar), 1 (int), 3 (float), 4 (short)"))
    default: .refused(.badHeader("datatype", why: "\(header.datatype) is no type of the standard"))
    }
  }

  static let bitsPerVoxel = HeaderCheck { header in
    let bits = 8 * header.bytesPerVoxel
    guard header.bitpix != bits else { return nil }
    return mended(
      "bitpix is \(header.bitpix), datatype \(header.datatype) has \(bits) bits", "the datatype is believed"
    ) {
      $0.bitpix = bits
    }
  }

  /// The most voxels that are read: 8 GiB as float32.
  static let mostVoxels = 1 << 31

  static let voxelCount = HeaderCheck { header in
    var count = 1
    for axis in 1...4 {
      let (product, overflow) = count.multipliedReportingOverflow(by: header.extent(axis))
      guard !overflow, product <= mostVoxels else {
        return .refused(.tooManyVoxels(header.dim[1...header.dim[0]].map { $0 }))
      }
      count = product
    }
    return nil
  }

  static let voxelOffset = HeaderCheck { header in
    let offset = header.voxOffset
    guard offset.isFinite, offset >= 0, offset < 1e15 else {
      return .refused(.badHeader("vox_offset", why: "the voxels cannot start at byte \(offset)"))
    }
    guard Int(offset) < header.leastOffset else { return nil }
    let least = header.leastOffset
    guard offset == 0 else {
      return .refused(.badHeader("vox_offset", why: "\(Int(offset)) lies inside the header of \(least) bytes"))
    }
    return mended("vox_offset is 0 in a single file", "taken as \(least)") { $0.voxOffset = Double(least) }
  }

  static let formCodes = HeaderCheck { header in
    guard header.format != .analyze else { return nil }
    let known = 0...5
    guard !known.contains(header.qformCode) || !known.contains(header.sformCode) else { return nil }
    return mended(
      "sform_code is \(header.sformCode) and qform_code \(header.qformCode), the standard has 0 to 5",
      "codes outside it are taken as 0", weight: .told
    ) {
      if !known.contains($0.qformCode) { $0.qformCode = 0 }
      if !known.contains($0.sformCode) { $0.sformCode = 0 }
    }
  }

  /// Only where they matter: not with an sform.
  static let voxelSizes = HeaderCheck { header in
    guard header.sformCode == 0 else { return nil }
    if let axis = (1...3).first(where: { !header.pixdim[$0].isFinite }) {
      return .refused(.badHeader("pixdim[\(axis)]", why: "the voxel size is \(header.pixdim[axis])"))
    }
    guard let axis = (1...min(3, header.dim[0])).first(where: { header.pixdim[$0] <= 0 }) else {
      return (1...3).allSatisfy { header.pixdim[$0] > 0 }
        ? nil : mended("the image is flat", "taken as 1 mm thick", weight: .told, mendSizes)
    }
    return mended(
      "pixdim[\(axis)] is \(header.pixdim[axis])", "0 is taken as 1, a negative size as positive", weight: .told,
      mendSizes)
  }

  private static let mendSizes: @Sendable (inout Header) -> Void = { header in
    for axis in 1...3 { header.pixdim[axis] = header.pixdim[axis] == 0 ? 1 : abs(header.pixdim[axis]) }
  }

  static let handedness = HeaderCheck { header in
    guard header.format != .analyze, header.qformCode > 0, ![1, -1].contains(header.pixdim[0]) else { return nil }
    if header.pixdim[0] == 0 {
      return .mended(Note(what: "qfac is 0", how: "taken as 1, as the standard says")) { $0.pixdim[0] = 1 }
    }
    return mended("qfac is \(header.pixdim[0]), which names no handedness", "taken as 1", weight: .told) {
      $0.pixdim[0] = 1
    }
  }

  static let quaternion = HeaderCheck { header in
    guard header.qformCode > 0 else { return nil }
    let (b, c, d) = (header.quatern[0], header.quatern[1], header.quatern[2])
    let length = (b * b + c * c + d * d).squareRoot()
    guard length.isFinite, header.qoffset.allSatisfy(\.isFinite) else {
      guard header.sformCode > 0 else { return .refused(.badHeader("quatern_b", why: "the qform is not finite")) }
      return mended("the qform is not finite", "the sform is used, the qform dropped") { $0.qformCode = 0 }
    }
    guard length > 1 + 2e-7 else { return nil }
    let text = decimal(length, places: 6)
    return mended(
      "the qform's quaternion has length \(text)", "it is scaled to 1", weight: length > 1.001 ? .told : .record
    ) {
      for n in 0..<3 { $0.quatern[n] /= length }
    }
  }

  static let units = HeaderCheck { header in
    let names = [1: "metres", 3: "micrometres"]
    guard header.format != .analyze, let name = names[header.xyztUnits & 7] else { return nil }
    return mended("xyzt_units says \(name)", "the numbers are taken as mm, as nibabel does", weight: .warning)
  }

  static let intercept = HeaderCheck { header in
    guard header.sclSlope.isFinite, header.sclSlope != 0, !header.sclInter.isFinite else { return nil }
    guard header.format == .analyze else {
      return .refused(.badHeader("scl_inter", why: "the intercept is \(header.sclInter)"))
    }
    return mended("the intercept is \(header.sclInter)", "taken as 0", weight: .told) { $0.sclInter = 0 }
  }
}
