internal import CPellucidNIfTI
public import PellucidFaults
public import PellucidFiles

extension Volume {
  /// Writes the volume as a NIfTI file of float32 voxels: `.nii.gz`, or plain where the name ends in `.nii`.
  ///
  /// NIfTI-1, or NIfTI-2 where an axis has more than 32767 voxels; 4D where there are several channels. Affine, codes and units
  /// are those of the volume; where the codes alone could not bring the affine back, an sform is added.
  /// - Parameters:
  ///   - path: the file; it appears whole or not at all.
  ///   - description: what it is, `descrip` (79 bytes are kept).
  ///   - intentName: the name of the quantity, `intent_name` (15 bytes are kept).
  ///   - displayRange: `cal_min…cal_max`, which viewers open with; nil: unset.
  /// - Throws: `.output` where the file cannot be written.
  public func write(
    to path: String, description: String = "", intentName: String = "", displayRange: ClosedRange<Float>? = nil
  ) throws(PellucidError) {
    try AtomicFile.write(to: path) { temporary throws(PellucidError) in
      try write(temporary, isPlain: !path.lowercased().hasSuffix(".gz"), description, intentName, displayRange)
    }
  }

  /// Adds the volume to a set of files that appear together; otherwise as ``write(to:description:intentName:displayRange:)``.
  public func write(
    into files: FileSet, as name: String, description: String = "", intentName: String = "",
    displayRange: ClosedRange<Float>? = nil
  ) throws(PellucidError) {
    try files.add(as: name) { temporary throws(PellucidError) in
      try write(temporary, isPlain: !name.lowercased().hasSuffix(".gz"), description, intentName, displayRange)
    }
  }

  private func write(
    _ path: String, isPlain: Bool, _ description: String, _ intentName: String, _ range: ClosedRange<Float>?
  ) throws(PellucidError) {
    var header = placedHeader()
    if let range { (header.cal_min, header.cal_max) = (Double(range.lowerBound), Double(range.upperBound)) }
    unsafe withUnsafeMutableBytes(of: &header.descrip) { unsafe Volume.copy(description, into: $0) }
    unsafe withUnsafeMutableBytes(of: &header.intent_name) { unsafe Volume.copy(intentName, into: $0) }
    var bytes = [UInt8](repeating: 0, count: 544)
    let used = unsafe pv_header_write(&header, &bytes)
    bytes.removeLast(bytes.count - used)
    var stream = try OutputStream(path, packed: !isPlain)
    try stream.write(bytes)
    try stream.write(voxels)
    try stream.close()
  }

  /// The header's size and geometry.
  func placedHeader() -> pv_header {
    var h = pv_header()
    h.version = shape.extents.contains { $0 > 32767 } || channels > 32767 ? 2 : 1
    h.dim = (
      channels > 1 ? 4 : 3, Int64(shape.i), Int64(shape.j), Int64(shape.k), Int64(channels), 1, 1, 1
    )
    h.xyzt_units = Int32(space.units)
    let form = QuaternionForm(nearest: space.qformAffine ?? affine)
    let sizes = space.qformCode > 0 ? form.sizes : affine.voxelSizes
    h.pixdim = (form.qfac, sizes[0], sizes[1], sizes[2], 1, 1, 1, 1)
    h.qform_code = Int32(space.qformCode)
    h.sform_code = Int32(sformCodeToWrite(form))
    if space.qformCode > 0 {
      h.quatern = (form.bcd[0], form.bcd[1], form.bcd[2])
      h.qoffset = (form.offset[0], form.offset[1], form.offset[2])
    }
    let e = affine.elements
    if h.sform_code > 0 { h.srow = (e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7], e[8], e[9], e[10], e[11]) }
    return h
  }

  /// The volume's own `sform_code`, or one that makes up for a qform or for voxel sizes that would not bring the affine back.
  private func sformCodeToWrite(_ form: QuaternionForm) -> Int {
    if space.sformCode > 0 { return space.sformCode }
    let sizes = affine.voxelSizes
    let centre = shape.extents.map { Double($0 - 1) / 2 }
    let read = space.qformCode > 0 ? form.affine : Affine(centred: centre, sizes: [-sizes[0], sizes[1], sizes[2]])
    guard affine.greatestDistance(to: read, over: shape) > 1e-3 else { return 0 }
    return space.qformCode > 0 ? space.qformCode : 2
  }

  /// As much of a text as fits, cut between characters, and zeros.
  static func copy(_ text: String, into memory: UnsafeMutableRawBufferPointer) {
    var room = memory.count - 1
    var bytes: [UInt8] = []
    for character in text {
      let utf8 = Array(String(character).utf8)
      guard utf8.count <= room else { break }
      room -= utf8.count
      bytes += utf8
    }
    for n in memory.indices { unsafe memory[n] = n < bytes.count ? bytes[n] : 0 }
  }
}

/// A qform: the rotation, voxel sizes and offset nearest to an affine; exact where the affine has no shear.
struct QuaternionForm {
  var bcd = [0.0, 0, 0]
  var sizes = [1.0, 1, 1]
  var qfac = 1.0
  var offset: [Double]

  init(nearest affine: Affine) {
    offset = [affine[0, 3], affine[1, 3], affine[2, 3]]
    unsafe pv_quaternion(affine.elements, &bcd, &sizes, &qfac)
  }

  /// The affine that a reader makes of it.
  var affine: Affine { Affine(quaternion: bcd, sizes: [sizes[0], sizes[1], sizes[2] * qfac], offset: offset) }
}
