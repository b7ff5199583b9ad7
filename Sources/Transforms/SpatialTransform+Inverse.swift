public import PellucidVolumes

extension SpatialTransform {
  /// The product of the chain's affines, as though its fields shifted nothing.
  public var linearPart: Affine {
    steps.reduce(.identity) { whole, step in
      if case .affine(let affine) = step { return affine.composed(with: whole) }
      return whole
    }
  }

  /// The point that the transform takes to `q`; nil where none is found, as outside of what a field folds.
  ///
  ///     p ← p + L⁻¹·q − L⁻¹·T(p)      L: the chain's affines
  ///
  /// The fixed point of that is sought until T(p) lies within 0.01 mm of q; it is found wherever the fields shift neighbours apart by less than
  /// their distance, as those of diffeomorphic registrations do.
  /// - Source: Chen et al. 2008, doi:10.1118/1.2816107 (a field's inverse by iteration).
  public func origin(of q: WorldPoint) -> WorldPoint? {
    guard let back = linearPart.inverse else { return nil }
    let start = back.worldPoint(i: q.x, j: q.y, k: q.z)
    if affine != nil { return start }
    var p = start
    for _ in 0..<50 {
      let there = self(p)
      let (x, y, z) = (q.x - there.x, q.y - there.y, q.z - there.z)
      if x * x + y * y + z * z <= 1e-4 { return p }
      let now = back.worldPoint(i: there.x, j: there.y, k: there.z)
      p = WorldPoint(x: p.x + start.x - now.x, y: p.y + start.y - now.y, z: p.z + start.z - now.z)
    }
    return nil
  }
}
