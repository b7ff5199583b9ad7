public import PellucidVolumes

/// How fine a map is: the width of its autocorrelation, the smallest distance at which it can say different things.
///
/// Along each axis of the grid, twice the lag at which Σ R_v·R_{v+lag} / Σ R_v² falls to a half, linear between voxels, in mm; the geometric
/// mean of the axes. R as it is: maps have no mean that would have to be taken off.
public enum MapDetail {
  /// mm; nil for a map of zeros, or one that never falls to a half.
  public static func millimetres(of map: Volume) -> Double? {
    let widths = (0..<3).compactMap { width(of: map, axis: $0) }
    guard widths.count == 3 else { return nil }
    return CubeRoot.of(widths.reduce(1, *))
  }

  private static func width(of map: Volume, axis: Int) -> Double? {
    let extents = map.shape.extents
    let stride = [1, extents[0], extents[0] * extents[1]][axis]
    let values = map.voxels[..<map.shape.count].map { $0 }
    let whole = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard whole > 0, extents[axis] > 1 else { return nil }
    var last = 1.0
    for lag in 1..<extents[axis] {
      var sum = 0.0
      for place in 0..<(values.count - lag * stride) where place / stride % extents[axis] + lag < extents[axis] {
        sum += Double(values[place]) * Double(values[place + lag * stride])
      }
      let part = sum / whole
      if part <= 0.5 {
        let at = Double(lag) - 1 + (last - 0.5) / max(last - part, 1e-12)
        return 2 * at * map.affine.voxelSizes[axis]
      }
      last = part
    }
    return nil
  }
}
