import PellucidEvaluation
import PellucidFaults
import PellucidVolumes
import Testing

/// Atrophy planted in a ball of tissue with a ball-shaped region in it.
@Suite struct `Planted atrophy` {
  /// A head of 44 voxels' edge: tissue 100 within 20 mm, fluid 30 around the region's shell, air outside; the region is label 5.
  private static func head(sizes: [Double] = [1, 1, 1]) -> (scan: Volume, labels: [Int32]) {
    let extents = sizes.map { Int((44 / $0).rounded()) }
    let shape = GridShape(i: extents[0], j: extents[1], k: extents[2])
    var affine = Affine.identity
    for axis in 0..<3 { affine[axis, axis] = sizes[axis] }
    var voxels = [Float](repeating: 0, count: shape.count)
    var labels = [Int32](repeating: 0, count: shape.count)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let (x, y, z) = (Double(i) * sizes[0] - 21.5, Double(j) * sizes[1] - 21.5, Double(k) * sizes[2] - 21.5)
          let radius = (x * x + y * y + z * z).squareRoot()
          let place = i + shape.i * (j + shape.j * k)
          guard radius < 20 else { continue }
          labels[place] = radius < 7 ? 5 : 1
          voxels[place] = radius >= 7 && radius < 10 && z > 2 ? 30 : 100
        }
      }
    }
    return (Volume(shape: shape, voxels: voxels, affine: affine), labels)
  }

  @Test(arguments: [0.1, 0.3, 0.5], [[1, 1, 1], [1, 1, 2]] as [[Double]])
  func `the region loses the part that was asked for, and nothing far away moves`(
    _ loss: Double, _ sizes: [Double]
  ) throws {
    let (scan, labels) = Self.head(sizes: sizes)
    let planted = try PlantedAtrophy(in: scan, labels: labels, regions: [5], loss: loss)
    #expect(abs(planted.loss - loss) < 0.01)
    let left = planted.volumes.after / planted.volumes.before
    #expect(abs(left + planted.loss - 1) < 1e-9)
    let count = scan.shape.count
    var (changedFar, unlike) = (0, 0)
    for place in 0..<count {
      let (i, j, k) = (place % scan.shape.i, place / scan.shape.i % scan.shape.j, place / (scan.shape.i * scan.shape.j))
      let (x, y, z) = (Double(i) * sizes[0] - 21.5, Double(j) * sizes[1] - 21.5, Double(k) * sizes[2] - 21.5)
      if (x * x + y * y + z * z).squareRoot() > 20, planted.scan.voxels[place] != scan.voxels[place] { changedFar += 1 }
      if (planted.truth.voxels[place] > 0) != (planted.scan.voxels[place] != scan.voxels[place]) { unlike += 1 }
    }
    #expect(changedFar == 0)
    #expect(unlike == 0, "the truth is where the scan was changed")
    // Darker, where tissue gave way to fluid.
    let sums = [scan, planted.scan].map { $0.voxels.reduce(0.0) { $0 + Double($1) } }
    #expect(sums[1] < sums[0])
  }

  /// A value comes from where the displacement says: read back by another way.
  @Test func `the displacement leads outwards, so that the region is drawn in`() throws {
    let (scan, labels) = Self.head()
    let planted = try PlantedAtrophy(in: scan, labels: labels, regions: [5], loss: 0.3)
    let count = scan.shape.count
    var outwards = 0.0
    for place in 0..<count where labels[place] == 5 {
      let at = [place % 44, place / 44 % 44, place / (44 * 44)].map { Double($0) - 21.5 }
      for axis in 0..<3 { outwards += at[axis] * Double(planted.displacement.voxels[axis * count + place]) }
    }
    #expect(outwards > 0)
    #expect(planted.largestShift > 0.3 && planted.largestShift < 6)
  }

  @Test func `what cannot be is said`() throws {
    let (scan, labels) = Self.head()
    #expect(throws: PellucidError.self) { try PlantedAtrophy(in: scan, labels: labels, regions: [77], loss: 0.3) }
    var dark = scan
    for place in labels.indices where labels[place] == 5 { dark.voxels[place] = 0 }
    let error = #expect(throws: PellucidError.self) {
      try PlantedAtrophy(in: dark, labels: labels, regions: [5], loss: 0.3)
    }
    #expect(error?.line.contains("no tissue") == true)
    #expect(throws: PellucidError.self) {
      try PlantedAtrophy(in: scan, labels: labels, regions: [5], loss: 0.3, fluid: 200)
    }
  }
}
