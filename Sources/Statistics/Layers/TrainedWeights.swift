internal import CPellucidLinear

/// Numbers that are trained: their values, the slopes of a loss along them, and what Adam remembers.
///
/// - Source: Kingma & Ba 2015, arXiv:1412.6980, with its own constants (0.9, 0.999, 1e-8).
public struct TrainedWeights: Sendable {
  /// The values.
  public package(set) var values: [Double]
  /// dL/d(values), summed up since the last step.
  public package(set) var slopes: [Double]
  private var first, second: [Double]

  /// Weights of their values.
  public init(_ values: [Double]) {
    self.values = values
    slopes = Array(repeating: 0, count: values.count)
    (first, second) = (slopes, slopes)
  }

  /// Weights drawn evenly from ±√(6 / (inputs + outputs)) (Glorot & Bengio 2010).
  public init(inputs: Int, outputs: Int, from numbers: inout RandomNumbers) {
    let limit = (6 / Double(inputs + outputs)).squareRoot()
    self.init((0..<(inputs * outputs)).map { _ in limit * (2 * numbers.unit() - 1) })
  }

  /// A step against the slopes, which are then 0 again.
  /// - Parameter count: which step it is, from 1.
  public mutating func step(_ count: Int, rate: Double) {
    unsafe pl_adam(Int64(values.count), Int64(count), rate, slopes, &first, &second, &values)
    for place in slopes.indices { slopes[place] = 0 }
  }
}

extension RandomNumbers {
  /// A number of [0, 1), in steps of 2⁻⁵³.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
