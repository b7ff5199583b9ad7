internal import CPellucidKernels

// What sampling methods do between passes. Values depend on their place in memory alone, not on the number of threads or the processor.
extension Tensor {
  /// A copy with normal noise of this standard deviation, number i of memory order being number i of a stream of a seed.
  ///
  /// - Source: Philox4x32-10, Salmon et al. 2011, doi:10.1145/2063384.2063405, made normal by Box & Muller 1958.
  package func withNoise(deviation: Float, seed: UInt64, stream: UInt64) -> Tensor {
    var noisy = Tensor(unfilled: shape, order: order)
    withValues { x in
      noisy.withMutableValues { y in
        unsafe pk_add_noise(seed, stream, deviation, Int64(x.count), x.start, y.start)
      }
    }
    return noisy
  }

  /// x + factor·(other − x).
  /// - Precondition: equal shapes and orders.
  package func interpolated(towards other: Tensor, by factor: Float) -> Tensor {
    precondition(shape == other.shape && order == other.order, "a way between unlike tensors")
    var between = Tensor(unfilled: shape, order: order)
    withValues { x in
      other.withValues { end in
        between.withMutableValues { y in
          unsafe pk_interpolate(Int64(x.count), x.start, end.start, factor, y.start)
        }
      }
    }
    return between
  }

  /// Adds factor·x, or factor·x².
  /// - Precondition: equal shapes and orders.
  package mutating func add(_ other: Tensor, times factor: Float, squared: Bool = false) {
    precondition(shape == other.shape && order == other.order, "a sum of unlike tensors")
    other.withValues { x in
      withMutableValues { sum in
        unsafe pk_add_scaled(Int64(x.count), x.start, factor, squared ? 1 : 0, sum.start)
      }
    }
  }

  /// Carries mean and sum of squares about it forward by one more tensor (Welford 1962), `count` having been seen before.
  /// - Precondition: equal shapes and orders.
  package static func addMoments(of other: Tensor, after count: Int, mean: inout Tensor, squares: inout Tensor) {
    precondition(
      mean.shape == other.shape && mean.order == other.order && squares.shape == other.shape
        && squares.order == other.order, "moments of unlike tensors")
    other.withValues { x in
      mean.withMutableValues { m in
        squares.withMutableValues { s in
          unsafe pk_add_moments(Int64(x.count), x.start, Int64(count), m.start, s.start)
        }
      }
    }
  }
}
