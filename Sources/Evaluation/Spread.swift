internal import PellucidVolumes

/// Mean and standard deviation of the numbers that are there.
public struct Spread: Sendable, Hashable {
  /// How many there are.
  public let count: Int
  /// Their mean; nil where there is none.
  public let mean: Double?
  /// The sample's standard deviation, with n − 1; nil below two.
  public let sampleDeviation: Double?

  /// The spread of some numbers; nil ones are left out.
  public init(_ values: [Double?]) {
    let moments = Moments(values.compactMap { $0 })
    (count, mean, sampleDeviation) = (moments.count, moments.mean, moments.sampleDeviation)
  }
}
