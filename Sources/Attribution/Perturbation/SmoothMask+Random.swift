package import PellucidNetworks

extension SmoothMask {
  /// The next random mask: cells of one, each with this probability, and of zero; begun at a random voxel of the first cell.
  package init(_ random: inout UniformNumbers, cells: Int, extents: [Int], probability: Double) {
    let grid = (0..<(cells * cells * cells)).map { _ in random.next() < probability ? Float(1) : 0 }
    let shift = extents.map { random.next(below: ($0 + cells - 1) / cells) }
    self.init(grid, cells: cells, extents: extents, shift: shift)
  }
}
