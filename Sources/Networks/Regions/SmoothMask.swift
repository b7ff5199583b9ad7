internal import CPellucidKernels
package import PellucidTensors

/// A smooth mask: a coarse grid of values, stretched over more than the image and cut out at a place.
///
/// A cell is ⌈extent / cells⌉ voxels wide, the grid is stretched linearly to (cells + 1) cells (half-pixel centres, edges held), and
/// the mask begins at a voxel of the first cell. Only the grid is kept: voxels are computed where they are used.
/// - Source: Petsiuk et al. 2018, arXiv:1806.07421, in three dimensions.
package struct SmoothMask: Sendable {
  private let cells: Int
  private let extents: [Int]
  private let grid: [Float]
  /// Where the mask begins in the stretched grid.
  private let shift: [Int]

  /// A mask of this grid, cells × cells × cells.
  package init(_ grid: [Float], cells: Int, extents: [Int], shift: [Int]) {
    precondition(grid.count == cells * cells * cells && extents.count == 3 && shift.count == 3 && cells > 0)
    (self.cells, self.extents, self.grid, self.shift) = (cells, extents, grid, shift)
  }

  private var shape: pk_mask_shape {
    pk_mask_shape(cells: Int64(cells), extents: (Int64(extents[0]), Int64(extents[1]), Int64(extents[2])))
  }

  /// The mask's values, 0…1, row-major D, H, W.
  package var values: [Float] {
    var values = [Float](repeating: 0, count: extents.reduce(1, *))
    unsafe values.withUnsafeMutableBufferPointer { values in
      var shape = shape
      guard let start = values.baseAddress else { return }
      unsafe pk_mask(&shape, grid, shift.map(Int64.init), start)
    }
    return values
  }

  /// m·image + (1 − m)·fill, in all channels.
  package func applied(to image: Tensor, fill: FillValues) -> Tensor {
    precondition(image.shape.spatial == extents && image.order == .channelsLast, "a mask of another image")
    var masked = Tensor(unfilled: image.shape, order: .channelsLast)
    image.withValues { x in
      image.withNewValues(fill) { new in
        masked.withMutableValues { y in
          var shape = shape
          unsafe pk_apply_mask(
            &shape, grid, shift.map(Int64.init), Int64(image.shape[1]), x.start, new, y.start)
        }
      }
    }
    return masked
  }

  /// Adds Σ factor·mask to a sum for each voxel, row-major, mask after mask.
  /// - Precondition: masks of one grid and one image.
  package static func add(_ masks: [SmoothMask], times factors: [Double], to sums: inout [Double]) {
    guard let first = masks.first else { return }
    precondition(
      masks.allSatisfy { $0.cells == first.cells && $0.extents == first.extents } && factors.count == masks.count
        && sums.count == first.extents.reduce(1, *), "masks of another image")
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      var shape = first.shape
      guard let start = sums.baseAddress else { return }
      unsafe pk_add_masks(
        &shape, Int64(masks.count), masks.flatMap(\.grid), masks.flatMap { $0.shift.map(Int64.init) }, factors, start)
    }
  }
}
