public import PellucidFaults
public import PellucidVolumes

extension MontageAnatomy {
  /// The part of the scan in a box, as grey as in the whole of it: all of a picture shows this box.
  /// - Throws: `.badData` where the affine is singular.
  public func part(within box: WorldBox) throws(PellucidError) -> MontageAnatomy {
    let own = scan.part(within: box)
    return MontageAnatomy(scan: own, sampler: try SliceSampler(own), window: window, box: box)
  }
}

extension Volume {
  /// The voxels that reach into a box, of which there is at least one.
  public func part(within box: WorldBox) -> Volume {
    guard let inverse = affine.inverse, shape.count > 0 else { return self }
    // A corner's voxels, and one more around them to interpolate from.
    var (low, high) = ([Double](repeating: .infinity, count: 3), [Double](repeating: -.infinity, count: 3))
    for corner in 0..<8 {
      let place = inverse.worldPoint(
        i: corner & 1 == 0 ? box.low[0] : box.high[0], j: corner & 2 == 0 ? box.low[1] : box.high[1],
        k: corner & 4 == 0 ? box.low[2] : box.high[2])
      for (axis, value) in [place.x, place.y, place.z].enumerated() {
        (low[axis], high[axis]) = (min(low[axis], value), max(high[axis], value))
      }
    }
    let ranges = zip(shape.extents, zip(low, high)).map { extent, ends -> Range<Int> in
      let first = Int(min(max(ends.0.rounded(.down) - 1, 0), Double(extent - 1)))
      let last = Int(min(max(ends.1.rounded(.up) + 1, Double(first)), Double(extent - 1)))
      return first..<(last + 1)
    }
    var out = self
    out.shape = GridShape(i: ranges[0].count, j: ranges[1].count, k: ranges[2].count)
    out.voxels = []
    out.voxels.reserveCapacity(channels * out.shape.count)
    for channel in 0..<channels {
      for k in ranges[2] {
        for j in ranges[1] {
          let row = channel * shape.count + shape.offset(of: VoxelIndex(i: ranges[0].lowerBound, j: j, k: k))
          out.voxels += voxels[row..<(row + ranges[0].count)]
        }
      }
    }
    let origin = affine.worldPoint(
      of: VoxelIndex(i: ranges[0].lowerBound, j: ranges[1].lowerBound, k: ranges[2].lowerBound))
    for (row, value) in [origin.x, origin.y, origin.z].enumerated() { out.affine[row, 3] = value }
    return out
  }
}
