import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidTransforms
import PellucidVolumes
import Testing

/// What of the world is labelled: world point → label, by voxel centres.
private func labelled(_ atlas: Atlas, _ grid: Grid) throws -> [Int32] {
  try atlas.labels(on: grid.shape, affine: grid.affine)
}

private func shift(_ x: Double, _ y: Double, _ z: Double) -> Affine {
  Affine(elements: [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z])
}

@Suite struct `Atlases brought to a scan` {
  @Test func `lie where the transform takes the scan's points`() throws {
    // The scan's voxel i lies at i mm; its point p belongs to the atlas's p + 2.
    let atlas = try Atlas(name: "x", image: strip([1, 2, 3, 4, 5, 6]), labels: nil)
    let placed = try atlas.placed(by: SpatialTransform([.affine(shift(2, 0, 0))]))
    let grid = Grid(shape: GridShape(i: 6, j: 1, k: 1), affine: .identity)
    #expect(try labelled(placed, grid) == [3, 4, 5, 6, 0, 0])
  }

  @Test func `by a field, which gives what SimpleITK resamples`() throws {
    let folder = references.path + "/atlases/"
    let expected = try LabelVolume(Volume(contentsOf: folder + "bent_expected.nii.gz"))
    let atlas = try Atlas(contentsOf: folder + "bent_atlas.nii.gz")
    let files = try TransformReference.list(folder + "bent_warp.nii.gz," + folder + "bent_affine.mat").map {
      try TransformFile($0)
    }
    let grid = Grid(shape: expected.shape, affine: expected.affine)
    let transform = try SpatialTransform(
      files, scan: grid, atlas: Grid(shape: atlas.image.shape, affine: atlas.image.affine))
    let found = try labelled(try atlas.placed(by: transform), grid)
    #expect(found.contains { $0 != 0 } && found.contains(0))
    // Centres within rounding of a border between two voxels may go to either.
    let differing = zip(found, expected.labels).count { $0 != $1 }
    #expect(differing <= found.count / 1000, "\(differing) of \(found.count)")
  }

  @Test func `by a transform that leaves no volume are refused`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 2]), labels: nil)
    let flat = Affine(elements: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    #expect(fault { _ = try atlas.placed(by: SpatialTransform([.affine(flat)])) }?.kind == .badData)
  }
}

@Suite struct `Groups of regions` {
  private static func atlas() throws -> Atlas {
    let table = """
      index\tname\tlobe
      1\tPrecentral_L\tFrontal
      2\tPrecentral_R\tFrontal
      3\tLeft-Amygdala\tTemporal
      4\tRight-Amygdala\tTemporal
      5\tctx-lh-cuneus\tn/a
      6\tctx-rh-cuneus\tn/a
      7\tVermis\tn/a
      8\tRolandic_Oper_L\tFrontal
      """
    return try Atlas(
      name: "x", image: strip([1, 2, 3, 4, 5, 6, 7, 8]), labels: LabelTable(text: table, source: "labels.tsv"))
  }

  @Test func `join the sides of a region`() throws {
    let grouped = try Self.atlas().grouped(by: [.bilateral])
    #expect(grouped.regions.map(\.name) == ["Precentral", "Amygdala", "ctx-cuneus", "Vermis", "Rolandic_Oper_L"])
    #expect(grouped.regions.map(\.hemisphere) == [.both, .both, .both, .unknown, .left])
    #expect(grouped.image.labels == [1, 1, 3, 3, 5, 5, 7, 8])
  }

  @Test func `join the regions of a lobe, side by side`() throws {
    let grouped = try Self.atlas().grouped(by: [.lobe])
    #expect(
      grouped.regions.map(\.name) == [
        "Frontal_L", "Frontal_R", "Temporal_L", "Temporal_R", "ctx-lh-cuneus", "ctx-rh-cuneus", "Vermis",
      ])
    #expect(grouped.image.labels == [1, 2, 3, 4, 5, 6, 7, 1])
    let whole = try Self.atlas().grouped(by: [.lobe, .bilateral])
    #expect(whole.regions.map(\.name) == ["Frontal", "Temporal", "ctx-cuneus", "Vermis"])
    #expect(whole.image.labels == [1, 1, 3, 3, 5, 5, 7, 1])
  }

  @Test func `have the sums of their regions`() throws {
    let map = Volume(shape: GridShape(i: 8, j: 1, k: 1), voxels: [1, 2, 3, 4, 5, 6, 7, 8], affine: .identity)
    let table = try RegionTable(of: map, atlas: Self.atlas().grouped(by: [.lobe, .bilateral]))
    #expect(table.rows.compactMap { $0.values?.sum } == [11, 7, 11, 7])
    #expect(table.rows.first?.coverage == 1)
  }
}

@Suite struct `Channels` {
  @Test func `that are the same map count once, others are added up`() throws {
    let atlas = try Atlas(name: "x", image: strip([1, 1]), labels: nil)
    let shape = GridShape(i: 2, j: 1, k: 1)
    let same = Volume(shape: shape, channels: 2, voxels: [1, 2, 1, 2], affine: .identity)
    #expect(try RegionTable(of: same, atlas: atlas).rows[0].values?.sum == 3)
    let other = Volume(shape: shape, channels: 2, voxels: [1, 2, 1, 3], affine: .identity)
    #expect(try RegionTable(of: other, atlas: atlas).rows[0].values?.sum == 7)
  }
}
