package import PellucidTensors

// Comparison of tensors with values from elsewhere: by value, as NumPy's allclose does, or by relative L2 distance.
extension Tensor {
  /// Whether the shapes are equal and every value lies within `absolute + relative·|reference|` of the reference.
  package func isClose(to reference: Tensor, absolute: Float = 1e-5, relative: Float = 1e-4) -> Bool {
    guard shape == reference.shape else { return false }
    return zip(ordered(.rowMajor).values, reference.ordered(.rowMajor).values).allSatisfy { value, wanted in
      value == wanted || (value.isNaN && wanted.isNaN) || abs(value - wanted) <= absolute + relative * abs(wanted)
    }
  }

  /// Where the two differ most, for test reports: index, both values, and how far apart they are.
  package func worst(against reference: Tensor) -> String {
    guard shape == reference.shape else { return "shape \(shape), wanted \(reference.shape)" }
    let pairs = zip(ordered(.rowMajor).values, reference.ordered(.rowMajor).values)
    let ranked = pairs.enumerated().max { abs($0.element.0 - $0.element.1) < abs($1.element.0 - $1.element.1) }
    guard let (place, (value, wanted)) = ranked else { return "no values" }
    var rest = place
    let index = shape.strides(in: .rowMajor).map { stride in
      defer { rest %= max(1, stride) }
      return rest / max(1, stride)
    }
    let ulps = wanted.ulp > 0 ? abs(value - wanted) / wanted.ulp : 0
    return "at \(index): \(value), wanted \(wanted) (\(ulps) ulps); relative L2 \(relativeDistance(to: reference))"
  }

  /// ‖self − reference‖ / ‖reference‖; infinite where the shapes or the numbers cannot be compared.
  package func relativeDistance(to reference: Tensor) -> Double {
    guard shape == reference.shape else { return .infinity }
    var difference = 0.0
    var size = 0.0
    for (value, wanted) in zip(ordered(.rowMajor).values, reference.ordered(.rowMajor).values) {
      difference += (Double(value) - Double(wanted)) * (Double(value) - Double(wanted))
      size += Double(wanted) * Double(wanted)
    }
    let distance = difference.squareRoot() / max(size.squareRoot(), 1e-30)
    return difference == 0 ? 0 : distance.isNaN ? .infinity : distance
  }
}
