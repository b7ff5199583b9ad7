package import PellucidTensors

/// An image as a sum of cosines whose high frequencies count less.
///
///     x = base + DCT⁻¹(s ∘ z)        s = c / max(|f|, 1/L)        |f| = √(f_d² + f_h² + f_w²),   f_a = k / 2L_a
///
/// L is the longest side, c makes the mean of s² one: z of deviation σ makes x of deviation σ. Steps on z move all frequencies alike, so that
/// an image grows from the coarse to the fine instead of filling with voxel noise. The cosines (DCT-II, orthonormal) do not wrap around the
/// image's borders as the Fourier basis of the paper does, and need no padding; they are matrix products along the axes.
/// - Source: Olah, Mordvintsev & Schubert 2017, doi:10.23915/distill.00007, there in 2D.
package struct FrequencyBasis: Sendable {
  private let matrices: [Tensor]
  private let scale: Tensor

  /// The basis of images [1, C, D, H, W].
  package init(_ shape: Shape) {
    let extents = shape.spatial
    matrices = extents.map(Self.cosines)
    let longest = Double(extents.max() ?? 1)
    var values: [Float] = []
    values.reserveCapacity(shape.voxels)
    var squares = 0.0
    func square(_ k: Int, _ extent: Int) -> Double {
      let f = Double(k) / Double(2 * extent)
      return f * f
    }
    for d in 0..<extents[0] {
      for h in 0..<extents[1] {
        let outer = square(d, extents[0]) + square(h, extents[1])
        for w in 0..<extents[2] {
          let s = 1 / max((outer + square(w, extents[2])).squareRoot(), 1 / longest)
          squares += s * s
          values.append(Float(s))
        }
      }
    }
    let c = (Double(max(1, values.count)) / squares).squareRoot()
    scale = Tensor(values.map { Float(Double($0) * c) }, shape: Shape([1, 1] + extents))
  }

  /// Rows k: √(2/L)·cos(π·k·(n + ½)/L), the first √(1/L).
  private static func cosines(_ length: Int) -> Tensor {
    var values: [Float] = []
    for k in 0..<length {
      let norm = (k == 0 ? 1.0 : 2.0) / Double(length)
      for n in 0..<length {
        values.append(Float(norm.squareRoot() * cosine(Double.pi * Double(k) * (Double(n) + 0.5) / Double(length))))
      }
    }
    return Tensor(values, shape: Shape([length, length]))
  }

  /// The image's difference from its base, from coefficients z.
  package func image(_ z: Tensor) -> Tensor {
    var x = z.combined(.multiply, with: scale)
    for axis in 0..<3 { x = x.multiplied(along: axis, by: matrices[axis], transposed: true) }
    return x
  }

  /// ∂s/∂z from ∂s/∂x.
  package func gradient(_ x: Tensor) -> Tensor {
    var z = x
    for axis in 0..<3 { z = z.multiplied(along: axis, by: matrices[axis], transposed: false) }
    return z.combined(.multiply, with: scale)
  }
}
