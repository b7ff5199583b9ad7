package import PellucidVolumes

/// A grid coarse enough for a page: blocks of voxels of a finer one.
package struct CoarserGrid: Hashable, Sendable {
  /// The most voxels that a page draws: a head at 1 mm has 7 to 17 million.
  package static let mostVoxels = 18_000_000

  /// How many voxels make a block, along i, j, k; 1, 1, 1: the grid is kept.
  package let factors: [Int]

  /// Blocks that are as near to cubes as whole voxels can be, as small as the limit allows.
  package init(for shape: GridShape, voxelSizes: [Double], most: Int = Self.mostVoxels) {
    var factors = [1, 1, 1]
    func count() -> Int {
      zip(shape.extents, factors).reduce(1) { $0 * (($1.0 + $1.1 - 1) / $1.1) }
    }
    while count() > most {
      let open = (0..<3).filter { factors[$0] < shape.extents[$0] }
      guard let finest = open.min(by: { voxelSizes[$0] * Double(factors[$0]) < voxelSizes[$1] * Double(factors[$1]) })
      else { break }
      factors[finest] += 1
    }
    self.factors = factors
  }

  /// Whether blocks are more than voxels.
  package var isCoarser: Bool { factors != [1, 1, 1] }

  /// The blocks' extents.
  package func shape(of fine: GridShape) -> GridShape {
    let e = zip(fine.extents, factors).map { ($0 + $1 - 1) / $1 }
    return GridShape(i: e[0], j: e[1], k: e[2])
  }

  /// Blocks → world, mm, at their centres.
  package func affine(of fine: Affine) -> Affine {
    var shift = Affine.identity
    for axis in 0..<3 {
      shift[axis, axis] = Double(factors[axis])
      shift[axis, 3] = Double(factors[axis] - 1) / 2
    }
    return fine.composed(with: shift)
  }

  /// The mean of every block of a volume's first channel.
  package func means(of volume: Volume) -> Volume {
    let one = volume.channel(alone: 0)
    guard isCoarser else { return one }
    let (fine, coarse) = (one.shape, shape(of: one.shape))
    var sums = [Double](repeating: 0, count: coarse.count)
    var counts = [Int32](repeating: 0, count: coarse.count)
    for k in 0..<fine.k {
      for j in 0..<fine.j {
        let row = coarse.i * (j / factors[1] + coarse.j * (k / factors[2]))
        let start = fine.i * (j + fine.j * k)
        for i in 0..<fine.i {
          sums[row + i / factors[0]] += Double(one.voxels[start + i])
          counts[row + i / factors[0]] += 1
        }
      }
    }
    return Volume(
      shape: coarse, voxels: zip(sums, counts).map { Float($0 / Double(max(1, $1))) }, affine: affine(of: one.affine),
      space: one.space, source: one.source)
  }
}
