import PellucidEvaluation
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `Truth masks` {
  private let grid = GridShape(i: 4, j: 2, k: 2)

  private func image(_ voxels: [Float], affine: Affine = .identity, channels: Int = 1) -> Volume {
    let count = voxels.count / channels / 4
    return Volume(
      shape: GridShape(i: count, j: 2, k: 2), channels: channels, voxels: voxels, affine: affine, source: "truth.nii")
  }

  private func line(_ image: Volume, on shape: GridShape) -> String? {
    do {
      _ = try TruthMask(image, on: shape, affine: .identity)
      return nil
    } catch {
      return error.line
    }
  }

  @Test func `of the same grid is taken voxel by voxel`() throws {
    var voxels = [Float](repeating: 0, count: 16)
    voxels[3] = 1
    voxels[9] = 255
    voxels[10] = 0.4
    let mask = try TruthMask(image(voxels), on: grid, affine: .identity)
    #expect(mask.count == 2)
    #expect(mask.isChanged[3] && mask.isChanged[9] && !mask.isChanged[10])
    #expect(mask.share == 2.0 / 16)
  }

  @Test func `of another grid meets the scan in the world`() throws {
    // Voxels of 2 mm along i, mirrored: the image's voxel 0 lies over the scan's voxels 2 and 3.
    var mirrored = Affine.identity
    mirrored[0, 0] = -2
    mirrored[0, 3] = 2.5
    let mask = try TruthMask(image([1, 0, 0, 0, 0, 0, 0, 0], affine: mirrored), on: grid, affine: .identity)
    #expect(mask.isChanged.indices.filter { mask.isChanged[$0] } == [2, 3])
  }

  @Test func `that cannot be used says why`() throws {
    let empty = [Float](repeating: 0, count: 16)
    #expect(line(image(empty), on: grid)?.contains("the truth mask marks nothing") == true)
    #expect(line(image([Float](repeating: 1, count: 16)), on: grid)?.contains("every voxel") == true)
    #expect(line(image([Float](repeating: 1, count: 32), channels: 2), on: grid)?.contains("2 volumes") == true)
    var away = Affine.identity
    away[0, 3] = 100
    let elsewhere = image([Float](repeating: 1, count: 16), affine: away)
    #expect(line(elsewhere, on: grid)?.contains("no voxel of the scan") == true)
  }
}
