internal import CPellucidKernels
package import PellucidFaults
package import PellucidTensors

/// x̂ = (x − mean)/√(variance + ε) over some axes: what instance, layer and group normalization share; RMS normalization takes the mean for 0.
struct Standardization: Sendable {
  /// Axes over which mean and variance are taken.
  var axes: [Int]
  var epsilon: Float
  /// Whether the mean is taken off; else it counts as 0, and the variance is the mean of the squares.
  var centres = true

  /// x̂ and 1/√(variance + ε); the second has extents of 1 along the axes.
  func standardized(_ x: Tensor) throws(PellucidError) -> (values: Tensor, inverse: Tensor) {
    let (centred, inverse) = try centred(x)
    return (centred.combined(.multiply, with: inverse), inverse)
  }

  /// The mean over the axes, whose extents are kept as 1.
  private func mean(_ x: Tensor) -> Tensor {
    x.reduced(PK_SUM, axes: axes).scaled(by: 1 / Float(axes.reduce(1) { $0 * x.shape[$1] }))
  }

  private func withoutMean(_ x: Tensor) -> Tensor { centres ? x.combined(.subtract, with: mean(x)) : x }

  /// x − mean and 1/√(variance + ε).
  private func centred(_ x: Tensor) throws(PellucidError) -> (values: Tensor, inverse: Tensor) {
    let size = Float(axes.reduce(1) { $0 * x.shape[$1] })
    let centred = withoutMean(x)
    let variance = centred.reduced(PK_SUM_OF_SQUARES, axes: axes).scaled(by: 1 / size)
    let inverse = try Kernels.apply(
      PK_POW, 1, -0.5, to: variance.combined(.add, with: Tensor([epsilon], shape: Shape([1]))))
    return (centred, inverse)
  }

  /// ∂/∂x for the gradient arriving at x̂: (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε), without the last part where the variance is held.
  func gradient(_ g: Tensor, at x: Tensor, holdingVariance: Bool) throws(PellucidError) -> Tensor {
    let (xHat, inverse) = try standardized(x)
    let centred = withoutMean(g)
    if holdingVariance { return centred.combined(.multiply, with: inverse) }
    let product = mean(g.combined(.multiply, with: xHat))
    return centred.combined(.subtract, with: xHat.combined(.multiply, with: product)).combined(.multiply, with: inverse)
  }

  /// What each x is due of g·(x̂ − x̂₀), so that Σ m·(x − x₀) = Σ g·(x̂ − x̂₀).
  ///
  /// With c = x − mean and s = 1/√(variance + ε) it is Δx̂ = s·Δc + c₀·Δs; centring is linear, and Δs follows Δvariance = mean((c + c₀)·Δc):
  ///
  ///     m = centred( g·s − s²·s₀²/(s + s₀) · mean(g·c₀)·(c + c₀) )
  ///
  /// A constant baseline, whose s₀ is 1/√ε, has c₀ = 0, and only the first part is left.
  func multipliers(_ g: Tensor, at x: Tensor, against x0: Tensor) throws(PellucidError) -> Tensor {
    let (c, s) = try centred(x)
    let (c0, s0) = try centred(x0.ordered(x.order))
    let slope = s.combined(.multiply, with: s0)
    let factor = slope.combined(.multiply, with: slope).combined(.divide, with: s.combined(.add, with: s0))
      .combined(.multiply, with: mean(g.combined(.multiply, with: c0)))
    let inner = g.combined(.multiply, with: s)
      .combined(.subtract, with: c.combined(.add, with: c0).combined(.multiply, with: factor))
    return withoutMean(inner)
  }
}

/// How a gradient, relevance or multiplier crosses a normalization by statistics of its own input.
package enum StandardizationCrossing {
  /// By the derivative.
  case derivative
  /// By the derivative with the variance held constant: the step is then linear but for its shift.
  case holdingVariance
  /// By what each input is due of the output's difference from a baseline's.
  case difference(from: Saved)
}

/// A normalization by statistics of its own input.
package protocol Standardizing: Operator {
  /// Whether the mean that is taken off is that of each channel (axis 1) alone, so that a constant in a channel leaves no trace.
  var centresChannels: Bool { get }
  /// What goes to the input, given what arrived at the output.
  func crossed(_ upstream: Tensor, saved: Saved, _ crossing: StandardizationCrossing) throws(PellucidError) -> Tensor
}

extension Standardizing {
  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [try crossed(upstream, saved: saved, .derivative)]
  }
}

extension Standardization {
  /// What goes to x, given what arrived at x̂; `x` reads the input off what was kept.
  func crossed(
    _ g: Tensor, saved: Saved, _ crossing: StandardizationCrossing, x: (Saved) -> Tensor
  ) throws(PellucidError) -> Tensor {
    switch crossing {
    case .derivative: try gradient(g, at: x(saved), holdingVariance: false)
    case .holdingVariance: try gradient(g, at: x(saved), holdingVariance: true)
    case .difference(let other): try multipliers(g, at: x(saved), against: x(other))
    }
  }
}
