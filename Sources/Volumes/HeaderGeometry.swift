import PellucidFaults

/// Where a header puts its voxels: the sform where its code is set, else the qform, else the voxel sizes alone.
struct HeaderGeometry {
  var affine: Affine
  var space: SpaceRecord
  var notes: [Note] = []

  /// The geometry of a header that has passed its checks.
  /// - Parameter matrix: what SPM's `.mat` beside an Analyze image says; it counts in the header's place.
  /// - Throws: `.badData` where the affine is not finite, not invertible, or beyond all sizes.
  /// - Note: Without codes this is nibabel's base affine, not the standard's method 1: the first axis runs from right to left and the
  ///   grid's centre (Analyze: SPM's origin, where it is set) is the world's origin.
  init(_ header: Header, matrix: SPMMatrix.Finding? = nil) throws(PellucidError) {
    space = SpaceRecord(qformCode: header.qformCode, sformCode: header.sformCode, units: header.xyztUnits)
    let qform = header.qformCode > 0 ? Affine(quaternion: header) : nil
    if case .affine(let given, let note) = matrix {
      affine = given
      space = SpaceRecord()
      notes.append(note)
      return
    }
    if header.sformCode > 0 {
      affine = Affine(elements: header.srow)
      if let trouble = affine.trouble {
        guard let qform, qform.trouble == nil, (1...3).allSatisfy({ header.pixdim[$0] > 0 }) else {
          throw header.format == .mgh ? .badFreeSurferGeometry(why: trouble) : .badAffine("srow (sform)", why: trouble)
        }
        affine = qform
        space.sformCode = 0
        notes.append(Note(what: "the sform places no voxels: \(trouble)", how: "the qform is used", weight: .warning))
        return
      }
    } else if let qform {
      affine = qform
      try HeaderGeometry.check(affine, field: "quatern (qform)")
    } else {
      affine = Affine(voxelSizesOf: header)
      try HeaderGeometry.check(affine, field: "pixdim")
    }
    if [.analyze, .mgh].contains(header.format) { space = SpaceRecord() }
    if case .unused(let note) = matrix { notes.append(note) }
    if let note = HeaderGeometry.noteOfAssumption(header) { notes.append(note) }
    if header.sformCode > 0, let qform { compare(with: qform, over: header.shape) }
  }

  /// What is assumed where a header does not place its voxels; nil: it does.
  private static func noteOfAssumption(_ header: Header) -> Note? {
    if header.format == .analyze {
      return Note(
        what: "an Analyze file does not say where left is",
        how: "its first axis is taken to run from right to left, as SPM and nibabel do", weight: .told)
    }
    guard header.sformCode == 0, header.qformCode == 0 else { return nil }
    return Note(
      what: "the header has neither sform nor qform",
      how: "the grid's centre is taken as the origin and its first axis to run from right to left, as nibabel does",
      weight: .told)
  }

  /// Looks whether the qform says the same as the sform, which is in use.
  private mutating func compare(with qform: Affine, over shape: GridShape) {
    let apart = affine.greatestDistance(to: qform, over: shape)
    if apart > 1e-3 { space.qformAffine = qform }
    guard apart > 0.1 else { return }
    let words = "qform and sform disagree by \(decimal(apart, places: 1)) mm"
    let (own, other) = (AxisCodes(affine), AxisCodes(qform))
    guard own != other, qform.trouble == nil else {
      notes.append(Note(what: words, how: "the sform is used", weight: .told))
      return
    }
    let isMirrored = (affine.determinant < 0) != (qform.determinant < 0)
    notes.append(
      Note(
        what: "\(words) and differ by \(isMirrored ? "a flip" : "a turn"): the axes run to \(other) and to \(own)",
        how: "the sform (\(own)) is used; check which side of the image is left", weight: .warning))
  }

  private static func check(_ affine: Affine, field: String) throws(PellucidError) {
    if let trouble = affine.trouble { throw .badAffine(field, why: trouble) }
  }
}

extension Affine {
  /// The qform: rotation by the quaternion, times the voxel sizes (the third times qfac), plus the offset.
  init(quaternion header: Header) {
    let sizes = [header.pixdim[1], header.pixdim[2], header.pixdim[3] * (header.pixdim[0] < 0 ? -1 : 1)]
    self.init(quaternion: header.quatern, sizes: sizes, offset: header.qoffset)
  }

  /// The rotation by a unit quaternion (a ≥ 0 is found from b, c, d), times voxel sizes, plus an offset.
  package init(quaternion bcd: [Double], sizes: [Double], offset: [Double]) {
    let (b, c, d) = (bcd[0], bcd[1], bcd[2])
    let a = max(0, 1 - (b * b + c * c + d * d)).squareRoot()
    let rows = [
      [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
      [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
      [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ]
    self = .identity
    for r in 0..<3 {
      for c in 0..<3 { self[r, c] = rows[r][c] * sizes[c] }
      self[r, 3] = offset[r]
    }
  }

  /// The affine of a header without codes: voxel sizes along x (reversed), y and z around the origin voxel.
  init(voxelSizesOf header: Header) {
    let extents = header.shape.extents
    var centre = extents.map { Double($0 - 1) / 2 }
    let origin = header.origin
    if header.format == .analyze, origin != [0, 0, 0],
      (0..<3).allSatisfy({ (axis: Int) -> Bool in origin[axis] > -extents[axis] && origin[axis] < 2 * extents[axis] })
    {
      centre = origin.map { Double($0 - 1) }
    }
    self.init(centred: centre, sizes: [-header.pixdim[1], header.pixdim[2], header.pixdim[3]])
  }

  /// Axes along x, y, z with signed voxel sizes, and a (fractional) voxel at the world's origin.
  init(centred centre: [Double], sizes: [Double]) {
    self = .identity
    for a in 0..<3 {
      self[a, a] = sizes[a]
      self[a, 3] = -centre[a] * sizes[a]
    }
  }

  /// The greatest distance, mm, by which two affines place a corner of a grid apart.
  public func greatestDistance(to other: Affine, over shape: GridShape) -> Double {
    var greatest = 0.0
    for corner in 0..<8 {
      let i = corner & 1 == 0 ? 0 : Double(shape.i - 1)
      let j = corner & 2 == 0 ? 0 : Double(shape.j - 1)
      let k = corner & 4 == 0 ? 0 : Double(shape.k - 1)
      let (p, q) = (worldPoint(i: i, j: j, k: k), other.worldPoint(i: i, j: j, k: k))
      let (x, y, z) = (p.x - q.x, p.y - q.y, p.z - q.z)
      greatest = max(greatest, (x * x + y * y + z * z).squareRoot())
    }
    return greatest
  }
}

/// A number with a fixed count of decimals, for messages.
func decimal(_ value: Double, places: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  var scale = 1
  for _ in 0..<places { scale *= 10 }
  let units = (abs(value) * Double(scale)).rounded()
  guard units < 9e18 else { return "\(value)" }
  let digits = String(Int(units) % scale)
  let tail = places == 0 ? "" : "." + String(repeating: "0", count: places - digits.count) + digits
  return (value < 0 && units > 0 ? "-" : "") + String(Int(units) / scale) + tail
}
