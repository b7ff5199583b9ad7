extension Volume {
  /// The value at a place in voxels, trilinear or of the nearest voxel; nil outside.
  ///
  /// Inside is as in ``resampled(onto:affine:interpolation:outside:antialias:)``: the box of the outermost centres for `.linear`, half a voxel more
  /// for `.nearest`.
  /// - Precondition: the interpolation is not cubic.
  package func value(at v: WorldPoint, channel: Int = 0, _ interpolation: Interpolation = .linear) -> Double? {
    precondition(interpolation != .cubic, "a cubic spline wants the whole volume filtered")
    // Rounding may put a centre just outside.
    let slack = interpolation == .nearest ? 0.5 : 1e-6
    guard v.x >= -slack, v.y >= -slack, v.z >= -slack, v.x < Double(shape.i) - 1 + slack,
      v.y < Double(shape.j) - 1 + slack, v.z < Double(shape.k) - 1 + slack
    else { return nil }
    let base = channel * shape.count
    if interpolation == .nearest {
      let (i, j, k) = (Int(v.x + 0.5), Int(v.y + 0.5), Int(v.z + 0.5))
      return Double(voxels[base + i + shape.i * (j + shape.j * k)])
    }
    let (x, y, z) = (
      min(max(v.x, 0), Double(shape.i - 1)), min(max(v.y, 0), Double(shape.j - 1)),
      min(max(v.z, 0), Double(shape.k - 1))
    )
    let (i, j, k) = (Int(x), Int(y), Int(z))
    let (u, s, t) = (x - Double(i), y - Double(j), z - Double(k))
    let at = base + i + shape.i * (j + shape.j * k)
    let (di, dj, dk) = (i + 1 < shape.i ? 1 : 0, j + 1 < shape.j ? shape.i : 0, k + 1 < shape.k ? shape.i * shape.j : 0)
    let d = voxels.span
    func along(_ at: Int) -> Double { Double(d[at]) + (Double(d[at + di]) - Double(d[at])) * u }
    func across(_ at: Int) -> Double { along(at) + (along(at + dj) - along(at)) * s }
    return across(at) + (across(at + dk) - across(at)) * t
  }
}
