internal import CPellucidNIfTI

/// Sums and extremes of the finite among many numbers, found in one pass.
///
/// - Accuracy: sums run in float64, eight side by side, in an order that depends on how many numbers there are alone.
package struct ValueSums: Sendable {
  /// How many are finite.
  package let finite: Int
  /// Σ of those above 0.
  package let positive: Double
  /// Σ of those below 0, at most 0.
  package let negative: Double
  /// The least; ∞ where none is finite.
  package let minimum: Float
  /// The largest; −∞ where none is finite.
  package let maximum: Float

  /// The sums of some numbers.
  package init(_ values: some Collection<Float>) {
    var sums = pv_sums()
    unsafe Self.read(values) { unsafe pv_sums_of($0, $1, &sums) }
    (finite, positive, negative) = (Int(sums.finite), sums.positive, sums.negative)
    (minimum, maximum) = (sums.minimum, sums.maximum)
  }

  /// Σ (x − mean)² over some numbers.
  package static func squares(around mean: Double, of values: some Collection<Float>) -> Double {
    unsafe read(values) { unsafe pv_squares_around(mean, $0, $1) }
  }

  /// Calls with the numbers in one piece of memory, and how many there are.
  @discardableResult
  private static func read<Result>(
    _ values: some Collection<Float>, _ body: (UnsafePointer<Float>, Int) -> Result
  ) -> Result {
    func whole(_ memory: UnsafeBufferPointer<Float>) -> Result {
      guard let start = memory.baseAddress else { return unsafe withUnsafePointer(to: 0) { unsafe body($0, 0) } }
      return unsafe body(start, memory.count)
    }
    if let result = values.withContiguousStorageIfAvailable(whole) { return result }
    return unsafe Array(values).withUnsafeBufferPointer(whole)
  }
}

extension Volume {
  /// Σ of all voxels of all channels, in double precision; not a number where one is not finite.
  package var sum: Double {
    let sums = ValueSums(voxels)
    return sums.finite == voxels.count ? sums.positive + sums.negative : .nan
  }
}
