internal import CPellucidNIfTI

/// The header of FreeSurfer's `.mgh` and `.mgz` images.
///
/// All numbers are big-endian. The first 90 bytes say: version (1); four extents; type; degrees of freedom; whether the geometry is
/// given (int16); voxel sizes s; the axes' directions as the columns of D; the world's place c of the grid's centre.
///
///     A = D·diag(s)        x = A·(v − n/2) + c        n: the extents
///
/// - Source: FreeSurfer's `mriio.c`; the geometry as nibabel's `MGHHeader.get_affine` has it.
enum MGHHeader {
  /// Where the voxels begin.
  static let dataOffset = 284

  /// NIfTI's code of a type of voxels.
  private static let datatypes: [Int32: Int32] = [0: 2, 1: 8, 3: 16, 4: 4]

  /// The header in NIfTI's fields; nil where the bytes are none.
  static func header(_ bytes: [UInt8]) -> Header? {
    guard bytes.count >= dataOffset, integer(bytes, at: 0) == 1 else { return nil }
    var h = pv_header()
    let extents = (0..<4).map { Int64(integer(bytes, at: 4 + 4 * $0)) }
    h.dim = (extents[3] > 1 ? 4 : 3, extents[0], extents[1], extents[2], extents[3], 1, 1, 1)
    // Unknown types keep a number that NIfTI does not know, and are refused as such.
    h.datatype = datatypes[integer(bytes, at: 20)] ?? -1
    h.bitpix = 8 * pv_datatype_bytes(h.datatype)
    #if _endian(little)
      h.swapped = 1
    #endif
    h.single_file = 1
    h.sizeof_hdr = Int32(dataOffset)
    h.vox_offset = Double(dataOffset)
    h.sform_code = 2
    h.xyzt_units = 2
    let isGiven = bytes[28] != 0 || bytes[29] != 0
    // Without a geometry FreeSurfer takes coronal slices of 1 mm.
    let sizes = isGiven ? (0..<3).map { number(bytes, at: 30 + 4 * $0) } : [1, 1, 1]
    let columns =
      isGiven ? (0..<9).map { number(bytes, at: 42 + 4 * $0) } : [-1, 0, 0, 0, 0, 1, 0, -1, 0]
    let centre = isGiven ? (0..<3).map { number(bytes, at: 78 + 4 * $0) } : [0, 0, 0]
    var rows = [Double](repeating: 0, count: 12)
    for row in 0..<3 {
      var start = centre[row]
      for column in 0..<3 {
        let step = columns[3 * column + row] * sizes[column]
        rows[4 * row + column] = step
        start -= step * Double(extents[column]) / 2
      }
      rows[4 * row + 3] = start
    }
    h.pixdim = (1, sizes[0], sizes[1], sizes[2], 1, 1, 1, 1)
    h.srow = (
      rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8], rows[9], rows[10], rows[11]
    )
    return Header(h, format: .mgh)
  }

  private static func integer(_ bytes: [UInt8], at place: Int) -> Int32 {
    Int32(bitPattern: bytes[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) })
  }

  private static func number(_ bytes: [UInt8], at place: Int) -> Double {
    Double(Float(bitPattern: UInt32(bitPattern: integer(bytes, at: place))))
  }
}
