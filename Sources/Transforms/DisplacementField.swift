public import PellucidFaults
public import PellucidVolumes

/// A shift of the world's points, given on a grid: `q = p + d(p)`, mm, RAS+.
///
/// Between voxel centres d is trilinear, half a voxel beyond the outermost centres it keeps their value, and outside of that it is 0:
/// the rules of ITK's `DisplacementFieldTransform`.
public struct DisplacementField: Sendable {
  /// Extents of the grid on which the shifts are given.
  public let shape: GridShape
  /// That grid's voxel indices → world, mm, RAS+.
  public let affine: Affine
  /// What was mended or decided while reading.
  public let notes: [Note]
  private let inverse: Affine
  /// Three volumes: the shifts along x, y, z, mm, RAS+.
  private let shifts: [Float]

  /// Reads a displacement field as ITK and ANTs write it: five axes i, j, k, 1, 3, the components in mm of LPS+ (x to the left, y to the
  /// back).
  /// - Throws: `.badData` where the file is no image of three components, or cannot be read.
  /// - Parameter nan: what becomes of components that are NaN or infinite; `.zero` takes them as no shift.
  public init(contentsOf path: String, nan: NonFinitePolicy = .refuse) throws(PellucidError) {
    let volume = try Volume(vectorsIn: path, nan: nan)
    guard volume.channels == 3 else { throw .components(path, count: volume.channels) }
    guard let inverse = volume.affine.inverse else { preconditionFailure("reading checks the affine") }
    shape = volume.shape
    affine = volume.affine
    self.inverse = inverse
    var shifts = volume.voxels
    for index in 0..<(2 * volume.shape.count) { shifts[index] = -shifts[index] }
    self.shifts = shifts
    notes = volume.notes
  }

  /// Where a point goes.
  public func callAsFunction(_ p: WorldPoint) -> WorldPoint {
    let v = inverse.worldPoint(i: p.x, j: p.y, k: p.z)
    let (ni, nj, nk) = (Double(shape.i), Double(shape.j), Double(shape.k))
    guard v.x >= -0.5, v.y >= -0.5, v.z >= -0.5, v.x < ni - 0.5, v.y < nj - 0.5, v.z < nk - 0.5 else { return p }
    let (x, y, z) = (min(max(v.x, 0), ni - 1), min(max(v.y, 0), nj - 1), min(max(v.z, 0), nk - 1))
    let (i, j, k) = (Int(x), Int(y), Int(z))
    let (u, s, t) = (x - Double(i), y - Double(j), z - Double(k))
    let at = i + shape.i * (j + shape.j * k)
    let toI = i + 1 < shape.i ? 1 : 0
    let toJ = j + 1 < shape.j ? shape.i : 0
    let toK = k + 1 < shape.k ? shape.i * shape.j : 0
    let d = shifts.span
    func along(_ at: Int) -> Double { Double(d[at]) + (Double(d[at + toI]) - Double(d[at])) * u }
    func across(_ at: Int) -> Double { along(at) + (along(at + toJ) - along(at)) * s }
    func shift(_ component: Int) -> Double {
      let at = at + component * shape.count
      let near = across(at)
      return near + (across(at + toK) - near) * t
    }
    return WorldPoint(x: p.x + shift(0), y: p.y + shift(1), z: p.z + shift(2))
  }
}
