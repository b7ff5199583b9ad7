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
  /// The value that means "nothing here", in normalized units, of each channel.
  let backgrounds: [Float]

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
    return onGrid(volume)
  }

  /// A volume of the input's channels on the model's grid, as a tensor; what it does not cover becomes background.
  func onGrid(_ volume: Volume) -> Tensor {
    let grid = path.modelGrid
    guard Set(backgrounds).count > 1 else {
      return path.tensor(of: volume.resampled(onto: grid.shape, affine: grid.affine, outside: backgrounds[0]))
    }
    var placed = volume.channel(alone: 0).resampled(onto: grid.shape, affine: grid.affine, outside: backgrounds[0])
    for channel in 1..<volume.channels {
      placed.voxels +=
        volume.channel(alone: channel).resampled(
          onto: grid.shape, affine: grid.affine, outside: backgrounds[channel]
        ).voxels
    }
    placed.channels = volume.channels
    return path.tensor(of: placed)
  }
}
