internal import PellucidNetworks
internal import PellucidTensors

/// How the cells of a layer come to the input's grid.
public enum CamUpsampling: String, Hashable, Sendable, CaseIterable {
  /// Half-pixel centres over the whole input, as every peer does.
  case stretch
  /// Each cell at the centre of its receptive field.
  case receptiveField = "receptive-field"
}

/// Where a layer's cells lie in the input, and how a map of them is brought there.
struct CamGrid {
  private let input: Shape
  /// Which of D, H, W of the layer's map of three axes the image's D, H, W are.
  private let axes: [Int]
  private let upsampling: CamUpsampling
  /// Input voxel at the centre of what cell 0 sees, and voxels between cells, along D, H, W.
  private let centres: [(first: Double, step: Double)]

  init(of layer: ValueID, in network: Network, upsampling: CamUpsampling) {
    input = network.inputShape
    self.upsampling = upsampling
    let field = ReceptiveField.of(layer, in: network.graph)
    axes = field.volumeAxes(ofRank: network.graph.shape(of: layer).rank) ?? [0, 1, 2]
    centres = (0..<3).map { axis in (field.centre[axis], field.jump[axis]) }
  }

  /// A map of cells [1, 1, d, h, w], or [slices, 1, h, w], on the input's grid, [1, 1, D, H, W].
  func onInput(_ own: Tensor) -> Tensor {
    let cells = own.asVolume.withSpatialAxes(axes)
    let (first, step) =
      upsampling == .stretch
      ? stretched(cells.shape.spatial) : (centres.map { -$0.first / $0.step }, centres.map { 1 / $0.step })
    return cells.resampledLinearly(to: input.spatial, first: first, step: step)
  }

  /// Input voxels between the centres of neighbouring cells along D, H, W.
  func cellExtents(_ layer: Shape) -> [Double] {
    guard upsampling == .stretch else { return centres.map(\.step) }
    let cells = layer.asVolume.spatial
    return (0..<3).map { Double(input.spatial[$0]) / Double(cells[axes[$0]]) }
  }

  private func stretched(_ cells: [Int]) -> (first: [Double], step: [Double]) {
    let scale = zip(cells, input.spatial).map { Double($0) / Double($1) }
    return (scale.map { 0.5 * $0 - 0.5 }, scale)
  }
}
