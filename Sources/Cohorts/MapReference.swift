internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidPreprocessing
internal import PellucidTensors
internal import PellucidVolumes

/// Anybody's relevance map, in a file.
public struct MapReference: Sendable, Hashable {
  /// What tables call it.
  public let name: String
  /// The file; `{stem}` stands for the scan's name without its ending.
  public let path: String
  /// Whether it lies on the model's grid, voxel by voxel; else on the scan's, or anywhere in the world.
  public let isOnModelGrid: Bool

  /// A map.
  public init(name: String, path: String, isOnModelGrid: Bool = false) {
    (self.name, self.path, self.isOnModelGrid) = (name, path, isOnModelGrid)
  }

  /// Whether each scan has a map of its own.
  public var dependsOnScan: Bool { path.contains("{stem}") }

  /// The map on the network's input, [1, C or 1, D, H, W].
  ///
  /// A map on the model's grid is taken voxel by voxel; any other is met in the world, trilinear where the grids differ.
  /// - Throws: `.badData` where it has other extents than the model's grid, or covers less than half of it in the world.
  func placed(
    on subject: Explainer.Case, nan: NonFinitePolicy
  ) throws(PellucidError) -> (map: Tensor, notes: [Note]) {
    let file = path.replacing("{stem}", with: subject.scan.stem)
    let volume = try Volume(contentsOf: file, nan: nan)
    let path = subject.prepared.path
    let channels = subject.prepared.input.shape[1]
    guard volume.channels == 1 || volume.channels == channels else {
      throw .mapChannels(name, count: volume.channels, wanted: channels).located(in: file)
    }
    let grid = path.modelGrid
    if isOnModelGrid {
      guard volume.shape == grid.shape else {
        throw .mapOffModelGrid(name, extents: volume.shape.extents, wanted: grid.shape.extents).located(in: file)
      }
      return (path.tensor(of: volume), volume.notes.map { $0.of(file) })
    }
    let isScans = volume.shape == path.scanGrid.shape && Self.isSame(volume.affine, path.scanGrid.affine)
    let share = isScans ? 1 : Self.share(of: grid, in: volume)
    guard share >= 0.5 else { throw .mapElsewhere(name, share: share).located(in: file) }
    var notes = volume.notes.map { $0.of(file) }
    let placed = volume.resampled(onto: grid.shape, affine: grid.affine)
    if !isScans {
      notes.append(
        Note(
          what: "the map lies on another grid than the scan",
          how: "the two meet in the world; \(Int((100 * share).rounded())) % of the model's grid has a value",
          weight: .told
        ).of(file))
    } else if path.isResampled {
      notes.append(
        Note(
          what: "the map lies on the scan's grid, the network looks on another",
          how: "it is interpolated, which does not keep its sum", weight: .told
        ).of(file))
    }
    return (path.tensor(of: placed), notes)
  }

  /// The part of a grid's voxels whose centres lie in a volume.
  private static func share(of grid: (shape: GridShape, affine: Affine), in volume: Volume) -> Double {
    let there = Volume(
      shape: volume.shape, voxels: [Float](repeating: 1, count: volume.shape.count), affine: volume.affine)
    let seen = there.resampled(onto: grid.shape, affine: grid.affine, interpolation: .nearest).voxels
    return Double(seen.count { $0 > 0 }) / Double(max(1, seen.count))
  }

  private static func isSame(_ a: Affine, _ b: Affine) -> Bool {
    zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-4 }
  }
}
