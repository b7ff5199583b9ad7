/// Rules for the mean of a function on [0, 1] from its values at a few places.
public enum Quadrature: String, CaseIterable, Sendable {
  /// Gauss–Legendre: exact for polynomials of degree 2n − 1.
  case gaussLegendre = "gauss-legendre"
  /// Equal steps from end to end.
  case trapezoid

  /// Places and weights; the weights sum to 1.
  func nodes(_ count: Int) -> [(place: Double, weight: Double)] {
    switch self {
    case .gaussLegendre: GaussLegendre.nodes(count)
    case .trapezoid:
      (0..<count).map { n in
        let step = 1 / Double(count - 1)
        return (Double(n) * step, n == 0 || n == count - 1 ? step / 2 : step)
      }
    }
  }
}

/// Nodes and weights of Gauss–Legendre quadrature on [0, 1].
package enum GaussLegendre {
  /// The zeros of the Legendre polynomial of degree `count`, by Newton's method from Tricomi's first guess.
  package static func nodes(_ count: Int) -> [(place: Double, weight: Double)] {
    (0..<count).map { i in
      var x = cosine(Double.pi * (Double(count - 1 - i) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (previous, current) = (1.0, x)
        for k in 1..<max(count, 1) {
          (previous, current) = (current, (Double(2 * k + 1) * x * current - Double(k) * previous) / Double(k + 1))
        }
        slope = Double(count) * (x * current - previous) / (x * x - 1)
        let step = current / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      return ((1 + x) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }
}
