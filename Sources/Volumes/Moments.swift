/// Mean and standard deviations of some numbers, summed in double precision.
public struct Moments: Sendable, Hashable {
  /// How many numbers there are.
  public let count: Int
  /// Their mean; nil where there is none.
  public let mean: Double?
  /// Σ (x − mean)².
  private let squares: Double

  /// The moments of some numbers.
  public init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    count = values.count
    self.mean = values.isEmpty ? nil : mean
    squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// The moments of some numbers.
  public init(_ values: [Float]) {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(max(1, values.count))
    count = values.count
    self.mean = values.isEmpty ? nil : mean
    squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  }

  /// The standard deviation of numbers that are a sample, with n − 1; nil below two.
  public var sampleDeviation: Double? { count < 2 ? nil : (squares / Double(count - 1)).squareRoot() }

  /// The standard deviation of numbers that are all there is, with n; nil where there is none.
  public var populationDeviation: Double? { count < 1 ? nil : (squares / Double(count)).squareRoot() }
}

extension [Double] {
  /// The middle number, or the mean of the two in the middle; nil where there is none.
  package var median: Double? {
    guard !isEmpty else { return nil }
    let sorted = sorted()
    let half = count / 2
    return count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }
}
