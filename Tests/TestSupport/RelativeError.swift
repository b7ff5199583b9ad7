/// ‖a − b‖ / ‖b‖ in double precision; infinite where the lengths differ.
package func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let norm = b.reduce(0) { $0 + $1 * $1 }
  return difference == 0 ? 0 : (difference / norm).squareRoot()
}

/// The same for numbers of single precision.
package func relativeError(_ a: [Float], _ b: [Float]) -> Double {
  relativeError(a.map(Double.init), b.map(Double.init))
}
