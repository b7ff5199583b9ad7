internal import PellucidTensors
public import PellucidVolumes

/// The part of a scan that a channel is most relevant for: what the cell at which the most relevance arrives sees.
///
/// - Source: Achtibat et al. 2023, doi:10.1038/s42256-023-00711-8: reference samples are cropped to the receptive field.
public struct RelevanceCrop: Sendable {
  /// The network's input there (its first channel), in the network's units, on its grid in the world.
  public let scan: Volume
  /// The relevance through the channel there, summed over the input's channels.
  public let relevance: Volume

  /// Edges of a box that a deep layer's fields would outgrow, mm.
  static let mostMillimetres = 64.0

  /// The crop around the cell with the most relevance of a channel.
  ///
  /// - Parameters:
  ///   - input: the network's, [1, C, D, H, W].
  ///   - relevance: of the input through the channel alone, [1, C, D, H, W].
  ///   - background: what lies outside the input.
  ///   - extents: along D, H, W, voxels.
  init(
    of input: Tensor, _ relevance: Tensor, around centre: [Double], extents: [Int], background: Float,
    in world: InputWorld
  ) {
    let low = (0..<3).map { Int((centre[$0] - Double(extents[$0] - 1) / 2).rounded()) }
    let grid = LayerGrid(
      shape: extents, jump: [1, 1, 1], centre: low.map { Double($0) }, axes: [2, 3, 4], world: world)
    scan = grid.volume(of: input.box(from: low, extents: extents, outside: background))
    self.relevance = grid.volume(of: relevance.sumOverChannels.box(from: low, extents: extents, outside: 0))
  }

  /// The extents of the crops of a layer: what its cells see, but no more than the input, and no edge far beyond 64 mm.
  static func extents(_ field: [Int], in world: InputWorld) -> [Int] {
    zip(zip(field, world.extents), world.affine.voxelSizes).map { sizes, edge in
      max(1, min(sizes.0, sizes.1, max(3, Int((mostMillimetres / max(edge, 1e-6)).rounded()))))
    }
  }

  /// Several crops as one volume with a channel each, whose origin is the middle of all of them; nil: there are none.
  static func stacked(_ crops: [Volume]) -> Volume? {
    guard var all = Volume.joined(crops) else { return nil }
    let middle = all.shape.extents.map { Double($0 - 1) / 2 }
    for row in 0..<3 { all.affine[row, 3] = -(0..<3).reduce(0) { $0 + all.affine[row, $1] * middle[$1] } }
    return all
  }
}

extension Tensor {
  /// A box of the first channel of an image [1, C, D, H, W], as [1, 1, d, h, w].
  fileprivate func box(from low: [Int], extents: [Int], outside: Float) -> Tensor {
    var out = Tensor(repeating: outside, shape: Shape([1, 1] + extents), order: .rowMajor)
    let inside = (0..<3).map { axis in
      (first: max(0, low[axis]), end: min(shape.spatial[axis], low[axis] + extents[axis]))
    }
    guard inside.allSatisfy({ $0.first < $0.end }) else { return out }
    let (from, to) = (shape.strides(in: order), out.shape.strides(in: .rowMajor))
    out.copy(
      from: self, sourceOffset: (0..<3).reduce(0) { $0 + inside[$1].first * from[2 + $1] },
      sourceStrides: Array(from[2...]),
      targetOffset: (0..<3).reduce(0) { $0 + (inside[$1].first - low[$1]) * to[2 + $1] },
      targetStrides: Array(to[2...]), extents: inside.map { $0.end - $0.first })
    return out
  }
}
