import PellucidVolumes
import Testing

@Suite struct `Resampling` {
  private struct References: Decodable {
    struct One: Decodable {
      let name: String
      let affine, target: [Double]
      let shape: [Int]
      let values: [Double]
    }
    let shape: [Int]
    let source: [Double]
    let cases: [One]
  }

  private static func grid(_ n: [Int]) -> GridShape { GridShape(i: n[0], j: n[1], k: n[2]) }

  @Test func `Linear interpolation is scipy's, inside and outside`() throws {
    let references = try Fixture.json("resampled.json", References.self)
    for reference in references.cases {
      let source = Volume(
        shape: Self.grid(references.shape), voxels: references.source.map { Float($0) },
        affine: Affine(elements: reference.affine))
      let result = source.resampled(
        onto: Self.grid(reference.shape), affine: Affine(elements: reference.target), outside: -7)
      #expect(worst(result.voxels.map(Double.init), reference.values) < 1e-5, "\(reference.name)")
      #expect(result.voxels.contains { $0 != -7 })
    }
  }

  private struct CubicReferences: Decodable {
    struct One: Decodable, CustomTestStringConvertible {
      let name: String
      let affine, target: [Double]
      let shape: [Int]
      let cubic, sigma, smoothed: [Double]
      let antialiased: [[Double]]
      let simpleitk: [Double?]?
      var testDescription: String { name }
    }
    let cases: [One]
  }

  private static func cubicCases() throws -> [CubicReferences.One] {
    try Fixture.json("cubic.json", CubicReferences.self).cases
  }

  private static func source(_ affine: [Double]) throws -> Volume {
    let references = try Fixture.json("resampled.json", References.self)
    return Volume(
      shape: grid(references.shape), voxels: references.source.map { Float($0) }, affine: Affine(elements: affine))
  }

  @Test(arguments: try Self.cubicCases())
  private func `The cubic spline is scipy's and SimpleITK's`(_ reference: CubicReferences.One) throws {
    let result = try Self.source(reference.affine).resampled(
      onto: Self.grid(reference.shape), affine: Affine(elements: reference.target), interpolation: .cubic, outside: -7)
    let values = result.voxels.map(Double.init)
    #expect(worst(values, reference.cubic) < 1e-5)
    #expect(values.contains { $0 != -7 })
    guard let simpleitk = reference.simpleitk else { return }
    #expect(values.count == simpleitk.count && simpleitk.contains { $0 != nil })
    for (value, expected) in zip(values, simpleitk) where expected != nil {
      #expect(abs(value - (expected ?? .nan)) < 1e-4)
    }
  }

  @Test(arguments: try Self.cubicCases())
  private func `A coarser grid is reached without aliasing, as scikit-image does it`(_ reference: CubicReferences.One)
    throws
  {
    let source = try Self.source(reference.affine)
    #expect(worst(source.smoothed(sigma: reference.sigma).voxels.map(Double.init), reference.smoothed) < 1e-5)
    #expect(reference.antialiased.count == 2)
    for (interpolation, expected) in zip([Interpolation.linear, .cubic], reference.antialiased) {
      let result = source.resampled(
        onto: Self.grid(reference.shape), affine: Affine(elements: reference.target), interpolation: interpolation,
        outside: -7, antialias: true)
      #expect(worst(result.voxels.map(Double.init), expected) < 2e-5)
    }
  }

  @Test func `A flat volume has a cubic spline too`() {
    let flat = Volume(shape: GridShape(i: 5, j: 2, k: 1), voxels: (0..<10).map { Float($0 % 5) }, affine: .identity)
    var target = Affine.identity
    target[0, 3] = 1.5
    target[1, 3] = 0.5
    let result = flat.resampled(onto: GridShape(i: 2, j: 1, k: 1), affine: target, interpolation: .cubic)
    // scipy.ndimage.map_coordinates(numpy.arange(10) % 5 as 2 × 5, order=3)
    #expect(abs(result.voxels[0] - 1.5535714) < 1e-5)
    #expect(abs(result.voxels[1] - 2.4464286) < 1e-5)
  }

  @Test(arguments: Interpolation.allCases, ["RAS", "LPI", "SRA"])
  func `Grids that share their centres are copied exactly`(_ interpolation: Interpolation, codes: String) throws {
    let affine = Affine(elements: [-1.1, 0.3, 0.07, 40.3, 0.2, 1.9, 0.1, -60.1, 0.05, -0.2, 2.3, 17.7])
    let volume = counting(GridShape(i: 5, j: 4, k: 3), channels: 2, affine: affine)
    let turned = try volume.reoriented(to: codes)
    let result = volume.resampled(onto: turned.shape, affine: turned.affine, interpolation: interpolation, outside: -99)
    #expect(result.voxels == turned.voxels)
  }

  @Test func `Oblique sampling agrees with sampling along axes`() {
    // A tilt of 1e-6 takes the general way; the values move by no more than that.
    let source = counting(GridShape(i: 9, j: 8, k: 7), affine: Affine(elements: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0]))
    let straight = Affine(elements: [0.9, 0, 0, 0.3, 0, 1.1, 0, 0.2, 0, 0, 1.3, 0.4])
    var tilted = straight
    tilted[0, 1] = 1e-6
    let shape = GridShape(i: 10, j: 9, k: 8)
    for interpolation in [Interpolation.linear, .nearest] {
      let a = source.resampled(onto: shape, affine: straight, interpolation: interpolation)
      let b = source.resampled(onto: shape, affine: tilted, interpolation: interpolation)
      #expect(worst(a.voxels.map(Double.init), b.voxels.map(Double.init)) < 1e-3)
    }
  }

  @Test func `Nearest takes half a voxel around each centre, ties go up`() {
    let source = Volume(shape: GridShape(i: 3, j: 1, k: 1), voxels: [1, 2, 3], affine: .identity)
    let target = Affine(elements: [0.5, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0])
    let result = source.resampled(
      onto: GridShape(i: 9, j: 1, k: 1), affine: target, interpolation: .nearest, outside: -1)
    #expect(result.voxels == [-1, 1, 1, 2, 2, 3, 3, -1, -1])
  }

  @Test func `Places outside take the given value`() {
    let source = counting(GridShape(i: 3, j: 3, k: 3))
    let far = Affine(elements: [1, 0, 0, 500, 0, 1, 0, 0, 0, 0, 1, 0])
    let result = source.resampled(onto: GridShape(i: 2, j: 2, k: 2), affine: far, outside: 4)
    #expect(result.voxels == [Float](repeating: 4, count: 8))
  }
}
