import PellucidEvaluation
import PellucidVolumes
import Testing

@Suite struct `Agreement over regions` {
  private static let a = [0.31, 0.12, 0.07, 0.22, 0.05, 0.18, 0.02]
  private static let b = [0.25, 0.20, 0.05, 0.28, 0.09, 0.08, 0.03]

  /// Values of numpy's analysis of variance of the same numbers.
  @Test func `intraclass correlation is Shrout and Fleiss' ICC(2,1)`() throws {
    #expect(abs(try #require(RegionAgreement.intraclass(Self.a, Self.b)) - 0.8203634669151909) < 1e-9)
    #expect(abs(try #require(RegionAgreement.intraclass(Self.a, Self.a)) - 1) < 1e-12)
    // Absolute agreement: a shift of all regions is none.
    let shifted = Self.a.map { $0 + 0.5 }
    #expect(try #require(RegionAgreement.intraclass(Self.a, shifted)) < 0.2)
    #expect(RegionAgreement.intraclass([1, 1], [1, 2]) == nil)
    #expect(RegionAgreement.intraclass([1, 1, 1], [1, 1, 1]) == nil)
  }

  @Test func `overlap counts the strongest regions that both name`() {
    #expect(RegionAgreement.overlap(Self.a, Self.b, count: 3) == 2.0 / 3)
    #expect(RegionAgreement.overlap(Self.a, Self.b, count: 10) == 1)
    #expect(RegionAgreement.overlap([], [], count: 3) == nil)
  }

  /// A Gaussian of sd s has the autocorrelation exp(−lag²/4s²), which falls to a half at lag 2s·√ln 2.
  @Test(arguments: [1.5, 3.0]) func `detail is the width of the autocorrelation, in mm`(_ sigma: Double) throws {
    let shape = GridShape(i: 40, j: 40, k: 40)
    var affine = Affine.identity
    for axis in 0..<3 { affine[axis, axis] = 2 }
    var point = Volume(shape: shape, voxels: [Float](repeating: 0, count: shape.count), affine: affine)
    point.voxels[20 + 40 * (20 + 40 * 20)] = 1
    let map = point.smoothed(sigma: [sigma, sigma, sigma])
    let wanted = 2 * 2 * 2 * sigma * 0.832554611
    #expect(abs(try #require(MapDetail.millimetres(of: map)) / wanted - 1) < 0.05)
    var zero = point
    zero.voxels = zero.voxels.map { _ in 0 }
    #expect(MapDetail.millimetres(of: zero) == nil)
  }
}
