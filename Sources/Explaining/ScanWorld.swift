internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidPreprocessing
internal import PellucidTensors
internal import PellucidVolumes

/// A scan's place in the world, for the fills that need it.
struct ScanWorld: SubjectWorld {
  /// The scan as it was read.
  let anatomy: Volume
  /// The network's input and its grid.
  let prepared: PreparedScan
  /// The value that means "nothing here", in normalized units.
  let background: Float

  private var path: GridPath { prepared.path }

  func brain() -> [Bool] {
    var mask = anatomy
    let count = anatomy.shape.count
    mask.voxels = (0..<count).map { voxel in
      (0..<anatomy.channels).contains { anatomy.voxels[$0 * count + voxel] != 0 } ? 1 : 0
    }
    mask.channels = 1
    let there = mask.resampled(onto: path.modelGrid.shape, affine: path.modelGrid.affine, interpolation: .nearest)
    return path.tensor(of: there).values.map { $0 != 0 }
  }

  /// Places whose mirror image lies outside the model's grid become background.
  func mirrored() -> Tensor {
    var volume = path.back(prepared.input, extensive: false, onModelGrid: true)
    for column in 0..<4 { volume.affine[0, column] = -volume.affine[0, column] }
    return path.tensor(
      of: volume.resampled(onto: path.modelGrid.shape, affine: path.modelGrid.affine, outside: background))
  }
}
