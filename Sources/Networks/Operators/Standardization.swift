internal import CKernels
package import Faults
package import Tensors

/// x̂ = (x − mean)/√(variance + ε) over some axes: what instance, layer and group normalization share.
struct Standardization: Sendable {
  /// Axes over which mean and variance are taken.
  var axes: [Int]
  var epsilon: Float

  /// x̂ and 1/√(variance + ε); the second has extents of 1 along the axes.
  func standardized(_ x: Tensor) throws(PellucidError) -> (values: Tensor, inverse: Tensor) {
    let size = Float(axes.reduce(1) { $0 * x.shape[$1] })
    let mean = x.reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    let centred = x.combined(.subtract, with: mean)
    let variance = centred.reduced(PK_SUM_OF_SQUARES, axes: axes).scaled(by: 1 / size)
    let inverse = try Kernels.apply(
      PK_POW, 1, -0.5, to: variance.combined(.add, with: Tensor([epsilon], shape: Shape([1]))))
    return (centred.combined(.multiply, with: inverse), inverse)
  }

  /// ∂/∂x for the gradient arriving at x̂: (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε), without the last part where the variance is held.
  func gradient(_ g: Tensor, at x: Tensor, holdingVariance: Bool) throws(PellucidError) -> Tensor {
    let size = Float(axes.reduce(1) { $0 * x.shape[$1] })
    let (xHat, inverse) = try standardized(x)
    let mean = g.reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    if holdingVariance { return g.combined(.subtract, with: mean).combined(.multiply, with: inverse) }
    let product = g.combined(.multiply, with: xHat).reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    let inner = g.combined(.subtract, with: mean).combined(
      .subtract, with: xHat.combined(.multiply, with: product))
    return inner.combined(.multiply, with: inverse)
  }
}

/// A normalization by statistics of its own input.
package protocol Standardizing: Operator {
  /// Whether the mean that is taken off is that of each channel (axis 1) alone, so that a constant in a channel leaves no trace.
  var centresChannels: Bool { get }
  /// The gradient with respect to the input, as if the variance did not depend on it: the step is then linear but for its shift.
  func gradientHoldingVariance(_ upstream: Tensor, saved: Saved) throws(PellucidError) -> Tensor
}
