/// ‖a − b‖ / ‖b‖ in double.
package func relativeError(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  var difference = 0.0
  var norm = 0.0
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    norm += Double(y) * Double(y)
  }
  return difference == 0 ? 0 : (difference / norm).squareRoot()
}

/// The same for numbers of double precision.
package func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let norm = b.reduce(0) { $0 + $1 * $1 }
  return difference == 0 ? 0 : (difference / norm).squareRoot()
}
