/// A smooth random mask: a coarse grid of zeros and ones, stretched over more than the image and cut out at a random place.
///
/// A cell is ⌈extent / cells⌉ voxels wide, the grid is stretched linearly to (cells + 1) cells (half-pixel centres, edges held), and
/// the mask begins at a random voxel of the first cell.
/// - Source: Petsiuk et al. 2018, arXiv:1806.07421, in three dimensions.
package struct RiseMask: Sendable {
  private let cells: Int
  private let extents: [Int]
  private let grid: [Float]
  /// Where the mask begins in the stretched grid.
  private let shift: [Int]

  /// A mask of this grid, cells × cells × cells.
  package init(_ grid: [Float], cells: Int, extents: [Int], shift: [Int]) {
    precondition(grid.count == cells * cells * cells)
    (self.cells, self.extents, self.grid, self.shift) = (cells, extents, grid, shift)
  }

  /// The next random mask.
  package init(_ random: inout UniformNumbers, cells: Int, extents: [Int], probability: Double) {
    let grid = (0..<(cells * cells * cells)).map { _ in random.next() < probability ? Float(1) : 0 }
    let shift = extents.map { random.next(below: ($0 + cells - 1) / cells) }
    self.init(grid, cells: cells, extents: extents, shift: shift)
  }

  /// The two cells that a voxel lies between, and how far it is towards the second.
  private func between(_ axis: Int) -> [(low: Int, high: Int, part: Float)] {
    let stretched = (cells + 1) * ((extents[axis] + cells - 1) / cells)
    return (0..<extents[axis]).map { voxel in
      let place = (Float(voxel + shift[axis]) + 0.5) * Float(cells) / Float(stretched) - 0.5
      let held = min(max(place, 0), Float(cells - 1))
      let low = Int(held)
      return (low, min(low + 1, cells - 1), held - Float(low))
    }
  }

  /// The mask's values, 0…1, row-major D, H, W.
  package var values: [Float] {
    let axes = (0..<3).map(between)
    var mask: [Float] = []
    mask.reserveCapacity(extents.reduce(1, *))
    var line = [Float](repeating: 0, count: cells)
    for d in axes[0] {
      for h in axes[1] {
        for k in 0..<cells {
          func cell(_ i: Int, _ j: Int) -> Float { grid[(i * cells + j) * cells + k] }
          let near = cell(d.low, h.low) + h.part * (cell(d.low, h.high) - cell(d.low, h.low))
          let far = cell(d.high, h.low) + h.part * (cell(d.high, h.high) - cell(d.high, h.low))
          line[k] = near + d.part * (far - near)
        }
        for w in axes[2] { mask.append(line[w.low] + w.part * (line[w.high] - line[w.low])) }
      }
    }
    return mask
  }
}
