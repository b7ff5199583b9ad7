/// The cubic B-spline through a volume's voxels: twice continuously differentiable, and the voxels' own values at their centres.
///
///     f(x, y, z) = Σ c[a, b, c]·β(x − a)·β(y − b)·β(z − c)      β: the cubic B-spline on −2…2
///
/// The coefficients c come of two recursive filters an axis, with the volume mirrored about its outermost centres.
/// - Accuracy: 1e-5 of the value range of `scipy.ndimage.map_coordinates(order=3, mode="constant")` inside the outermost centres.
/// - Source: Unser, Aldroubi and Eden 1993, doi:10.1109/78.193220.
struct CubicSpline {
  private let shape: GridShape
  /// As many as voxels, in their order.
  private let coefficients: [Float]

  init(_ volume: Volume) {
    shape = volume.shape
    coefficients = CubicSpline.coefficients(of: volume.voxels, shape: shape, along: [0, 1, 2])
  }

  /// Coefficients of the spline along some axes, in the order of the values.
  static func coefficients(of values: [Float], shape: GridShape, along axes: [Int]) -> [Float] {
    var values = values
    for axis in axes {
      let count = shape.extents[axis]
      rewriteLines(of: &values, shape: shape, axis: axis) { block, width in filter(&block, count: count, width: width) }
    }
    return values
  }

  /// β's pole and gain: 1 / (1/6·z⁻¹ + 4/6 + 1/6·z).
  private static let pole = 3.0.squareRoot() - 2
  private static let gain = 6.0

  /// Voxels → coefficients along lines of at least two places.
  private static func filter(_ c: inout [Double], count: Int, width: Int) {
    let last = (count - 1) * width
    for index in c.indices { c[index] *= gain }
    for line in 0..<width {
      // The mirrored line's causal sum over all the past, in closed form.
      var near = pole
      var far = 1.0
      for _ in 1..<count { far *= pole }
      var sum = c[line] + far * c[last + line]
      far *= far / pole
      for place in 1..<(count - 1) {
        sum += (near + far) * c[place * width + line]
        near *= pole
        far /= pole
      }
      c[line] = sum / (1 - near * near)
    }
    for index in width..<c.count { c[index] += pole * c[index - width] }
    for line in 0..<width {
      c[last + line] = pole / (pole * pole - 1) * (c[last + line] + pole * c[last - width + line])
    }
    for index in stride(from: last - 1, through: 0, by: -1) { c[index] = pole * (c[index + width] - c[index]) }
  }

  /// The value at a place of a channel.
  /// - Precondition: the place lies between the outermost centres of each axis.
  func value(_ x: Double, _ y: Double, _ z: Double, channel: Int) -> Float {
    let (i, j, k) = (
      CubicTaps(x, count: shape.i, stride: 1), CubicTaps(y, count: shape.j, stride: shape.i),
      CubicTaps(z, count: shape.k, stride: shape.i * shape.j)
    )
    let start = channel * shape.count
    let c = coefficients.span
    func row(_ at: Int) -> Double {
      i.weight.0 * Double(c[at + i.at.0]) + i.weight.1 * Double(c[at + i.at.1]) + i.weight.2 * Double(c[at + i.at.2])
        + i.weight.3 * Double(c[at + i.at.3])
    }
    func plane(_ at: Int) -> Double {
      j.weight.0 * row(at + j.at.0) + j.weight.1 * row(at + j.at.1) + j.weight.2 * row(at + j.at.2) + j.weight.3
        * row(at + j.at.3)
    }
    let sum =
      k.weight.0 * plane(start + k.at.0) + k.weight.1 * plane(start + k.at.1) + k.weight.2 * plane(start + k.at.2)
      + k.weight.3 * plane(start + k.at.3)
    return Float(sum)
  }
}

/// The four coefficients of a cubic B-spline around a place on an axis, and their weights; beyond the ends mirrored.
package struct CubicTaps {
  /// Where they are: index × stride.
  package let at: (Int, Int, Int, Int)
  /// What each counts; the sum is 1.
  package let weight: (Double, Double, Double, Double)

  /// - Precondition: 0 ≤ place ≤ count − 1.
  package init(_ place: Double, count: Int, stride: Int) {
    let floor = Int(place)
    let t = place - Double(floor)
    let r = 1 - t
    func mirrored(_ index: Int) -> Int {
      guard count > 1 else { return 0 }
      let index = abs(index)
      return (index < count ? index : max(0, 2 * (count - 1) - index)) * stride
    }
    at = (mirrored(floor - 1), mirrored(floor), mirrored(floor + 1), mirrored(floor + 2))
    let outer = r * r * r / 6
    let far = t * t * t / 6
    let inner = (4 - 6 * t * t + 3 * t * t * t) / 6
    weight = count > 1 ? (outer, inner, 1 - outer - inner - far, far) : (0, 1, 0, 0)
  }
}

extension Volume {
  /// The volume with the coefficients of the cubic B-spline along some axes (0…2) in the place of its voxels.
  package func splineCoefficients(along axes: [Int]) -> Volume {
    var copy = self
    copy.voxels = CubicSpline.coefficients(of: voxels, shape: shape, along: axes)
    return copy
  }
}
