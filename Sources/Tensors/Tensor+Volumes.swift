internal import CPellucidKernels

// What maps over voxels are made of; all of rank 5, channels last.
extension Tensor {
  /// Mean over the voxels of each channel, [N, C, 1, 1, 1]; carried in double.
  public var meanOverVoxels: Tensor {
    let x = ordered(.channelsLast)
    var result = Tensor(unfilled: Shape([shape[0], shape[1]] + shape.spatial.map { _ in 1 }), order: .channelsLast)
    x.withValues { a in
      result.withMutableValues { b in
        unsafe pk_reduce(PK_SUM, Int64(shape[0]), Int64(shape.voxels), Int64(shape[1]), a.start, b.start)
      }
    }
    return result.scaled(by: 1 / Float(shape.voxels))
  }

  /// Sum over channels, [N, 1, D, H, W]; carried in double.
  public var sumOverChannels: Tensor {
    let x = ordered(.channelsLast)
    var result = Tensor(unfilled: Shape([shape[0], 1] + shape.spatial), order: .channelsLast)
    x.withValues { a in
      result.withMutableValues { b in
        unsafe pk_reduce(PK_SUM, Int64(shape[0] * shape.voxels), Int64(shape[1]), 1, a.start, b.start)
      }
    }
    return result
  }

  /// Σ over the voxels of the product of each pair of channels of one image, [C, C].
  public var channelProducts: Tensor {
    precondition(shape.rank == 5 && shape[0] == 1)
    let x = ordered(.channelsLast)
    let (rows, channels) = (Int64(shape.voxels), Int64(shape[1]))
    var result = Tensor(repeating: 0, shape: Shape([shape[1], shape[1]]), order: .rowMajor)
    var why = [CChar](repeating: 0, count: 256)
    let status = x.withValues { a in
      result.withMutableValues { c in
        unsafe pk_matrix_product(
          1, 0, channels, channels, rows, a.start, channels, a.start, channels, 0, c.start, channels, &why, why.count)
      }
    }
    precondition(status == 0, "a product of matrices that fit is always made")
    return result
  }

  /// Trilinear resampling onto other spatial extents.
  ///
  /// - Parameters:
  ///   - extents: the result's D, H, W.
  ///   - first: where along each axis the result's first voxel reads this tensor; outside it the border's value is taken.
  ///   - step: how far the next voxel's place lies from it.
  public func resampledLinearly(to extents: [Int], first: [Double], step: [Double]) -> Tensor {
    precondition(shape.rank == 5 && extents.count == 3 && first.count == 3 && step.count == 3)
    let x = ordered(.channelsLast)
    var result = Tensor(unfilled: Shape([shape[0], shape[1]] + extents), order: .channelsLast)
    let from = shape.spatial.map(Int64.init)
    let to = extents.map(Int64.init)
    x.withValues { a in
      result.withMutableValues { b in
        unsafe pk_resize_linear(Int64(shape[0]), Int64(shape[1]), from, to, first, step, a.start, b.start)
      }
    }
    return result
  }
}
