public import PellucidFaults
public import PellucidModelCards
public import PellucidNetworks
public import PellucidPreprocessing
public import PellucidTensors
public import PellucidVolumes

/// Where a network's input lies in the world: where a scan was brought to it, or, without a scan, as the card alone says.
public struct InputWorld: Hashable, Sendable {
  /// Indices along the input's D, H, W → world, mm, RAS+.
  public let affine: Affine
  /// Extents along D, H, W.
  public let extents: [Int]
  /// Whether it is a scan's world; else its origin is the middle of the input.
  public let isOfScan: Bool
  /// Whether its millimetres are known: from a scan, or from the card's `spacing`.
  public let hasMillimetres: Bool

  /// The world of a scan that was brought to the network's grid.
  public init(_ path: GridPath) {
    (affine, extents, isOfScan, hasMillimetres) = (path.tensorAffine, path.tensorExtents, true, true)
  }

  /// The world of a network's input without a scan: the card's spacing and orientation, its middle at the origin.
  /// - Throws: `.usage` where the card's orientation cannot be read.
  public init(of network: Network, card: ModelCard) throws(PellucidError) {
    let extents = network.inputShape.spatial
    let codes = try card.input.orientation.map { (text) throws(PellucidError) in try AxisCodes(text) } ?? .ras
    let spacing = card.input.spacing
    var affine = Affine(elements: Array(repeating: 0, count: 12))
    for (axis, voxelAxis) in card.input.axes.voxelAxes.enumerated() {
      let row = codes.worldAxes[voxelAxis]
      let step = (spacing?[voxelAxis] ?? 1) * (codes.isReversed[voxelAxis] ? -1 : 1)
      affine[row, axis] = step
      affine[row, 3] = -step * Double(extents[axis] - 1) / 2
    }
    (self.affine, self.extents, isOfScan, hasMillimetres) = (affine, extents, false, spacing != nil)
  }

  /// What is to be told where millimetres are a guess.
  public var note: Note? {
    hasMillimetres
      ? nil
      : Note(
        what: "neither a scan nor the card's input.spacing says how large the input's voxels are",
        how: "they are taken as 1 mm", weight: .told)
  }

  /// The edge of a cube as large as a voxel of the input, mm.
  public var voxelEdge: Double { cubeRoot(abs(affine.determinant)) }

  /// The affine of cells of which cell 0 lies at `centre` of the input and the next `jump` voxels further, along D, H, W.
  public func affine(jump: [Double], centre: [Double]) -> Affine {
    var cells = Affine.identity
    for axis in 0..<3 {
      cells[axis, axis] = jump[axis]
      cells[axis, 3] = centre[axis]
    }
    return affine.composed(with: cells)
  }

  /// A tensor `[1, C, D, H, W]` of the input's extents as a volume with the voxels (d, h, w), one a channel.
  public func volume(of tensor: Tensor, space: SpaceRecord = SpaceRecord()) -> Volume {
    let grid = LayerGrid(shape: extents, jump: [1, 1, 1], centre: [0, 0, 0], axes: [2, 3, 4], world: self)
    return grid.volume(of: tensor, space: space)
  }
}
