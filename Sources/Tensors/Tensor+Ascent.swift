internal import CPellucidKernels

// What optimizing an image does beside the passes; images are [1, C, D, H, W], row-major, unless a comment says otherwise. Sums are carried
// in double, in an order that depends on the number of values alone.
extension Tensor {
  /// Σ x·y over all values.
  /// - Precondition: equal shapes and orders.
  package func dot(_ other: Tensor) -> Double {
    precondition(shape == other.shape && order == other.order, "a product of unlike tensors")
    return withValues { x in other.withValues { y in unsafe pk_dot(Int64(x.count), x.start, y.start) } }
  }

  /// ‖x − y‖².
  /// - Precondition: equal shapes and orders.
  package func squaredDistance(to other: Tensor) -> Double {
    precondition(shape == other.shape && order == other.order, "a distance of unlike tensors")
    return withValues { x in other.withValues { y in unsafe pk_squared_distance(Int64(x.count), x.start, y.start) } }
  }

  /// A step upwards with momentum: velocity = momentum·velocity + rate·gradient; x += velocity.
  /// - Precondition: equal shapes and orders.
  package mutating func climb(_ gradient: Tensor, rate: Float, momentum: Float, velocity: inout Tensor) {
    precondition(
      shape == gradient.shape && order == gradient.order && shape == velocity.shape && order == velocity.order,
      "a step along an unlike tensor")
    gradient.withValues { g in
      velocity.withMutableValues { v in
        withMutableValues { x in
          unsafe pk_momentum_step(Int64(x.count), g.start, rate, momentum, v.start, x.start)
        }
      }
    }
  }

  /// What Adam keeps of the gradients that it has seen.
  package struct AdamMoments: Sendable {
    fileprivate var mean, square: Tensor
    fileprivate var steps = 0

    /// Nothing seen yet.
    package init(like x: Tensor) {
      mean = Tensor(repeating: 0, shape: x.shape, order: x.order)
      square = mean
    }
  }

  /// A step upwards by Adam with the usual β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
  ///
  /// - Precondition: equal shapes and orders.
  /// - Source: Kingma & Ba 2015, arXiv:1412.6980; the same as PyTorch's `Adam(maximize=True)`.
  package mutating func climb(_ gradient: Tensor, rate: Float, moments: inout AdamMoments) {
    precondition(
      shape == gradient.shape && order == gradient.order && shape == moments.mean.shape
        && order == moments.mean.order, "a step along an unlike tensor")
    moments.steps += 1
    func left(_ beta: Double) -> Float {
      var power = 1.0
      for _ in 0..<min(moments.steps, 40_000) { power *= beta }
      return Float(1 - power)
    }
    let adam = pk_adam(
      rate: rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: left(0.9), correction2: left(0.999))
    gradient.withValues { g in
      moments.mean.withMutableValues { m in
        moments.square.withMutableValues { v in
          withMutableValues { x in
            unsafe withUnsafePointer(to: adam) { adam in
              unsafe pk_adam_step(adam, Int64(x.count), g.start, m.start, v.start, x.start)
            }
          }
        }
      }
    }
  }

  /// x = base + keep·(x − base), then at most `bound` away from base.
  /// - Precondition: equal shapes and orders.
  package mutating func draw(near base: Tensor, keep: Float = 1, bound: Float = .infinity) {
    precondition(shape == base.shape && order == base.order, "an unlike base")
    base.withValues { b in
      withMutableValues { x in unsafe pk_draw_near(Int64(x.count), b.start, keep, bound, x.start) }
    }
  }

  /// Sets to base the given part of the values whose |x − base|, or |(x − base)·gradient| where there is one, is smallest.
  /// - Parameter part: 0…1.
  /// - Precondition: equal shapes and orders.
  package mutating func clear(smallest part: Float, base: Tensor, gradient: Tensor? = nil) {
    precondition(shape == base.shape && order == base.order, "an unlike base")
    precondition(gradient.map { $0.shape == shape && $0.order == order } ?? true, "an unlike gradient")
    func clear(_ g: UnsafePointer<Float>?) {
      base.withValues { b in
        withMutableValues { x in
          let threshold = unsafe pk_magnitude_at(Int64(x.count), part, x.start, b.start, g)
          unsafe pk_clear_below(Int64(x.count), threshold, b.start, g, x.start)
        }
      }
    }
    if let gradient { gradient.withValues { g in unsafe clear(g.start) } } else { clear(nil) }
  }

  /// Under a Gaussian of this standard deviation, voxels, cut at 3 of them; what lies outside has no weight.
  /// - Precondition: rank 5, row-major.
  package func smoothed(sigma: Double) -> Tensor {
    precondition(shape.rank == 5 && order == .rowMajor, "an image in another order")
    guard sigma > 0 else { return self }
    var (from, to) = (self, Tensor(unfilled: shape, order: order))
    for axis in 0..<3 {
      let inner = shape.spatial[(axis + 1)...].reduce(1, *)
      let length = shape.spatial[axis]
      let outer = count / (inner * length)
      from.withValues { x in
        to.withMutableValues { y in
          unsafe pk_smooth_axis(
            Int64(outer), Int64(length), Int64(inner), sigma, x.start, y.start)
        }
      }
      swap(&from, &to)
    }
    return from
  }

  /// How unlike a natural image an image is, per voxel, and the slope of that.
  package struct NaturalPrior: Sendable {
    /// What values are measured from.
    package var centre: Float
    /// The power of the norm.
    package var alpha: Float
    /// The power of the total variation.
    package var beta: Float
    /// What both are weighed with.
    package var weightAlpha, weightBeta: Float

    /// A prior.
    package init(centre: Float, alpha: Float, beta: Float, weightAlpha: Float, weightBeta: Float) {
      (self.centre, self.alpha, self.beta) = (centre, alpha, beta)
      (self.weightAlpha, self.weightBeta) = (weightAlpha, weightBeta)
    }
  }

  /// Σ|x − centre|^α and Σ(Σ_axes (x_{v+1} − x_v)²)^{β/2}; the slope of their weighed sum is added to `gradient`.
  /// - Precondition: rank 5, one image, row-major; equal shapes.
  package func addSlope(of prior: NaturalPrior, to gradient: inout Tensor, scratch: inout Tensor) -> (
    norm: Double, variation: Double
  ) {
    precondition(
      shape.rank == 5 && shape[0] == 1 && order == .rowMajor && gradient.shape == shape
        && gradient.order == .rowMajor && scratch.count == count, "an image in another order")
    var sums = [0.0, 0.0]
    let extents = (Int64(shape[2]), Int64(shape[3]), Int64(shape[4]))
    let own = pk_prior(
      channels: Int64(shape[1]), extents: extents, centre: prior.centre, alpha: prior.alpha, beta: prior.beta,
      weightAlpha: prior.weightAlpha, weightBeta: prior.weightBeta)
    withValues { x in
      scratch.withMutableValues { s in
        gradient.withMutableValues { g in
          unsafe withUnsafePointer(to: own) { own in
            unsafe pk_natural_prior(own, x.start, s.start, g.start, &sums)
          }
        }
      }
    }
    return (sums[0], sums[1])
  }

  /// The image seen through a small move: voxel u is read at `matrix`·(u, 1), trilinear, edges held.
  /// - Parameter matrix: 3 × 4, row by row, along D, H, W.
  /// - Precondition: rank 5, one image, row-major.
  package func moved(by matrix: [Double]) -> Tensor {
    precondition(shape.rank == 5 && shape[0] == 1 && order == .rowMajor && matrix.count == 12)
    var result = Tensor(unfilled: shape, order: .rowMajor)
    withValues { x in
      result.withMutableValues { y in
        unsafe pk_move(Int64(shape[1]), shape.spatial.map(Int64.init), matrix, x.start, y.start)
      }
    }
    return result
  }

  /// The gradient of the image before that move, from the one behind it.
  /// - Precondition: as for ``moved(by:)``.
  package func movedBack(by matrix: [Double]) -> Tensor {
    precondition(shape.rank == 5 && shape[0] == 1 && order == .rowMajor && matrix.count == 12)
    var result = Tensor(repeating: 0, shape: shape, order: .rowMajor)
    withValues { x in
      result.withMutableValues { y in
        unsafe pk_move_back(Int64(shape[1]), shape.spatial.map(Int64.init), matrix, x.start, y.start)
      }
    }
    return result
  }
}
