internal import PellucidVolumes

/// A walk over the voxels of one grid, row by row, that tells where each lies in another grid: the voxel whose centre is nearest in the
/// world.
///
///     c = A_other⁻¹ · A_own · (i, j, k)        nearest voxel = ⌊c + ½⌋
///
/// Ties (a centre exactly between two voxels) go to the higher index, also where rounding would put them a hair below.
struct GridWalk {
  /// Extents of the grid that is walked over.
  let own: GridShape
  /// Extents of the grid that is looked into.
  let other: GridShape
  private let map: Affine
  private let wholeSteps: Int?
  private static let tie = 0.5 + 1e-6

  /// - Returns: nil where the other grid's affine is singular.
  init?(over own: GridShape, affine: Affine, into other: GridShape, affine otherAffine: Affine) {
    guard let back = otherAffine.inverse else { return nil }
    self.own = own
    self.other = other
    let map = back.composed(with: affine)
    self.map = map
    let steps = [map[0, 0], map[1, 0], map[2, 0]]
    self.wholeSteps =
      steps.allSatisfy { [-1, 0, 1].contains($0) }
      ? Int(steps[0]) + other.i * (Int(steps[1]) + other.j * Int(steps[2])) : nil
  }

  /// A row of voxels (i runs) and the part of it that lies in the other grid.
  struct Row {
    /// Values of i whose nearest voxel is in the other grid.
    let inside: Range<Int>
    /// Where each voxel of the row goes on by exactly one voxel of the other grid, or stays (a scan on the atlas's own grid, flipped or with
    /// its axes exchanged): the first voxel's place in the other grid's memory and the step to the next one's.
    fileprivate(set) var straight: (first: Int, step: Int)?
    fileprivate let x, y, z, dx, dy, dz: Double
    fileprivate let shape: GridShape

    /// Place in the other grid's memory of the voxel nearest to voxel i of the row.
    /// - Precondition: i is in ``inside``; there all three coordinates are at least 0, so that truncation is ⌊·⌋.
    @inline(__always)
    func offset(_ i: Int) -> Int {
      let t = Double(i)
      return Int(x + t * dx) + shape.i * (Int(y + t * dy) + shape.j * Int(z + t * dz))
    }
  }

  /// The row of voxels (·, j, k).
  func row(j: Int, k: Int) -> Row {
    let start = map.worldPoint(i: 0, j: Double(j), k: Double(k))
    let x = start.x + Self.tie
    let y = start.y + Self.tie
    let z = start.z + Self.tie
    var inside = 0..<own.i
    for (c, step, extent) in [(x, map[0, 0], other.i), (y, map[1, 0], other.j), (z, map[2, 0], other.k)] {
      inside = Self.part(of: inside, start: c, step: step, extent: Double(extent))
      if inside.isEmpty { break }
    }
    var row = Row(
      inside: inside, straight: nil, x: x, y: y, z: z, dx: map[0, 0], dy: map[1, 0], dz: map[2, 0], shape: other)
    if let steps = wholeSteps, let first = inside.first {
      row.straight = (row.offset(first), steps)
    }
    return row
  }

  /// The part of a range in which `0 ≤ start + i·step < extent`: estimated by division, then settled with the very sums that
  /// ``Row/offset(_:)`` makes (they grow or fall steadily with i, so the ends decide).
  private static func part(of range: Range<Int>, start: Double, step: Double, extent: Double) -> Range<Int> {
    func isInside(_ i: Int) -> Bool {
      let c = start + Double(i) * step
      return c >= 0 && c < extent
    }
    guard step != 0 else { return start >= 0 && start < extent ? range : range.lowerBound..<range.lowerBound }
    let a = -start / step
    let b = (extent - start) / step
    let last = Double(range.upperBound)
    var low = Int(max(Double(range.lowerBound), min(last, min(a, b).rounded(.down) - 1)))
    var high = Int(max(Double(range.lowerBound), min(last, max(a, b).rounded(.up) + 2)))
    while low < high, !isInside(low) { low += 1 }
    while low < high, !isInside(high - 1) { high -= 1 }
    return low..<high
  }

  /// Whether every voxel lies in the other grid; the corners tell, as both grids are convex.
  var isWhollyInside: Bool {
    guard own.count > 0 else { return true }
    return [(0, 0), (own.j - 1, 0), (0, own.k - 1), (own.j - 1, own.k - 1)].allSatisfy {
      row(j: $0, k: $1).inside == 0..<own.i
    }
  }
}
