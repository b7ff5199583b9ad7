import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidTransforms
import PellucidVolumes
import Testing

@Suite struct `The check of alignment` {
  private static let scan = checkout + "/samples/colin27_T1.nii.gz"

  private static func aal() throws -> Atlas { try Atlas(contentsOf: checkout + "/atlases/aal") }

  /// The sample moved in the world.
  private static func moved(_ motion: Affine) throws -> Volume {
    var scan = try Volume(contentsOf: scan)
    scan.affine = motion.composed(with: scan.affine)
    return scan
  }

  @Test func `is silent where the scan lies well`() throws {
    let check = AlignmentCheck(try Volume(contentsOf: Self.scan), atlas: try Self.aal())
    #expect(check.warnings.isEmpty)
    #expect((check.distance ?? .infinity) < 2)
    #expect((check.overlap ?? 0) > 0.95)
  }

  @Test func `tells how far a shifted brain is`() throws {
    let check = AlignmentCheck(
      try Self.moved(Affine(elements: [1, 0, 0, 0, 0, 1, 0, 20, 0, 0, 1, 0])), atlas: try Self.aal())
    #expect(abs((check.distance ?? 0) - 20) < 2)
    #expect(check.warnings.first?.what.contains("about 20 mm") == true)
  }

  /// A scan that lies 25 mm too high, and the transform that brings the atlas there, the right and the wrong way round.
  @Test(arguments: [25.0, -25])
  func `tells a transform of the wrong direction, and what it is`(_ up: Double) throws {
    let scan = try Self.moved(Affine(elements: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 25]))
    let toAtlas = Affine(elements: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -up])
    let atlas = try Self.aal().placed(by: SpatialTransform([.affine(toAtlas)]))
    let check = AlignmentCheck(scan, atlas: atlas, transform: "affine.mat, an ITK transform")
    guard up < 0 else {
      #expect(check.warnings.isEmpty && (check.distance ?? .infinity) < 2)
      return
    }
    let warning = try #require(check.warnings.first)
    #expect(warning.what.hasPrefix("after `atlas-transform` (affine.mat, an ITK transform) the brain lies about 50 mm"))
    #expect(warning.how.hasPrefix("backwards it fits: give inverse:FILE"))
  }

  @Test(arguments: [20.0, -30, 90])
  func `sees a turned brain`(_ degrees: Double) throws {
    let (c, s) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
    let check = AlignmentCheck(
      try Self.moved(Affine(elements: [1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0])), atlas: try Self.aal())
    #expect((check.distance ?? 0) > 14)
    #expect(check.warnings.count == 1)
  }

  @Test func `looks at a scan that claims MNI space also without an atlas, and not at others`() throws {
    var scan = try Self.moved(Affine(elements: [1, 0, 0, 15, 0, 1, 0, 0, 0, 0, 1, 0]))
    scan.space = SpaceRecord(sformCode: 4)
    #expect(AlignmentCheck(scan, atlas: nil).warnings.count == 1)
    scan.space = SpaceRecord(sformCode: 1)
    #expect(AlignmentCheck(scan, atlas: nil).warnings.isEmpty)
  }

  @Test func `says nothing of what is no head`() {
    let ball = Volume(
      shape: GridShape(i: 20, j: 20, k: 20), voxels: (0..<8000).map { Float($0 % 7) }, affine: .identity,
      space: SpaceRecord(sformCode: 4))
    #expect(AlignmentCheck(ball, atlas: nil).warnings.isEmpty)
  }
}
