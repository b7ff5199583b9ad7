internal import CPellucidNIfTI

/// The fields of a NIfTI-1, NIfTI-2 or Analyze 7.5 header that Pellucid uses, named as the standard names them.
///
/// As stored, in this machine's byte order; ``HeaderCheck`` looks at them before anything trusts them.
struct Header: Sendable {
  /// Which of the formats.
  enum Format: Int32, Sendable {
    case analyze = 0
    case nifti1, nifti2
    /// FreeSurfer's, brought to NIfTI's fields.
    case mgh
  }

  var format: Format
  /// The file is in the other byte order.
  var isSwapped: Bool
  /// The magic says that header and voxels share one file.
  var isSingleFile: Bool
  var sizeofHdr: Int
  /// Rank and extents, `dim[0…7]`.
  var dim: [Int]
  /// qfac and voxel sizes, `pixdim[0…7]`.
  var pixdim: [Double]
  var datatype, bitpix: Int
  var voxOffset: Double
  var sclSlope, sclInter: Double
  var calMin, calMax: Double
  /// Analyze: the range of the stored values.
  var glMin, glMax: Int
  var qformCode, sformCode, xyztUnits: Int
  /// Quaternion b, c, d and offset of the qform.
  var quatern, qoffset: [Double]
  /// The sform's rows x, y, z.
  var srow: [Double]
  /// Analyze: SPM's 1-based voxel at the world's origin.
  var origin: [Int]

  /// A header's fields out of a file's first bytes; nil where they are no header that Pellucid knows.
  init?(_ bytes: [UInt8]) {
    var h = pv_header()
    guard unsafe pv_header_parse(bytes, bytes.count, &h) == 0, let format = Format(rawValue: h.version) else {
      return nil
    }
    self.init(h, format: format)
  }

  init(_ h: pv_header, format: Format) {
    self.format = format
    isSwapped = h.swapped != 0
    isSingleFile = h.single_file != 0
    sizeofHdr = Int(h.sizeof_hdr)
    dim = [h.dim.0, h.dim.1, h.dim.2, h.dim.3, h.dim.4, h.dim.5, h.dim.6, h.dim.7].map(Int.init)
    let p = h.pixdim
    pixdim = [p.0, p.1, p.2, p.3, p.4, p.5, p.6, p.7]
    datatype = Int(h.datatype)
    bitpix = Int(h.bitpix)
    voxOffset = h.vox_offset
    sclSlope = h.scl_slope
    sclInter = h.scl_inter
    calMin = h.cal_min
    calMax = h.cal_max
    glMin = Int(h.glmin)
    glMax = Int(h.glmax)
    qformCode = Int(h.qform_code)
    sformCode = Int(h.sform_code)
    xyztUnits = Int(h.xyzt_units)
    quatern = [h.quatern.0, h.quatern.1, h.quatern.2]
    qoffset = [h.qoffset.0, h.qoffset.1, h.qoffset.2]
    let s = h.srow
    srow = [s.0, s.1, s.2, s.3, s.4, s.5, s.6, s.7, s.8, s.9, s.10, s.11]
    origin = [Int(h.origin.0), Int(h.origin.1), Int(h.origin.2)]
  }

  /// Extents of the first three axes; axes beyond the rank count 1.
  var shape: GridShape { GridShape(i: extent(1), j: extent(2), k: extent(3)) }

  /// Volumes along the fourth axis.
  var channels: Int { extent(4) }

  /// `dim[axis]`, or 1 beyond the rank.
  func extent(_ axis: Int) -> Int { axis <= dim[0] ? dim[axis] : 1 }

  /// Bytes of a stored voxel.
  var bytesPerVoxel: Int { Int(pv_datatype_bytes(Int32(clamping: datatype))) }

  /// Whether a voxel can be NaN or infinite: not where whole numbers are taken as they are.
  var mayHoldNonFinite: Bool { scaling != nil || pv_datatype_is_float(Int32(clamping: datatype)) != 0 }

  /// Bytes that stand before the voxels.
  var dataOffset: Int { Int(voxOffset) }

  /// The least offset of the voxels in a single file: the header and its extension flag.
  var leastOffset: Int {
    switch format {
    case .mgh: MGHHeader.dataOffset
    case .nifti2: isSingleFile ? 544 : 0
    case .analyze, .nifti1: isSingleFile ? 352 : 0
    }
  }

  /// Slope and intercept of the stored values; nil: none.
  ///
  /// NIfTI: a slope of 0 or not finite means none, and 1 with 0 is none. Analyze: the same, and then SPM2's rule, which maps the stored range
  /// `glmin…glmax` to `cal_min…cal_max` where both are given (as nibabel does).
  var scaling: (slope: Double, intercept: Double)? {
    if sclSlope.isFinite, sclSlope != 0 {
      let intercept = sclInter.isFinite ? sclInter : 0
      return sclSlope == 1 && intercept == 0 ? nil : (sclSlope, intercept)
    }
    guard format == .analyze, glMax != glMin, calMax != calMin, calMin.isFinite, calMax.isFinite else { return nil }
    let slope = (calMax - calMin) / Double(glMax - glMin)
    return (slope, calMin - slope * Double(glMin))
  }
}
