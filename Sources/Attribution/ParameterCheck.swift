internal import PellucidFaults

/// Whether a parameter's value is in its range, said in one wording.
enum ParameterCheck {
  /// A number within bounds, which `wanted` puts in words.
  static func number(
    _ name: String, _ value: Float, in range: ClosedRange<Float>, _ wanted: String
  ) throws(PellucidError) {
    if !range.contains(value) { throw .parameter(name, value.optionText, wanted: wanted) }
  }

  /// A number that is finite.
  static func finite(_ name: String, _ value: Float?) throws(PellucidError) {
    if let value, !value.isFinite { throw .parameter(name, "\(value)", wanted: "a finite number") }
  }

  /// Positive numbers of voxels.
  static func positive(_ name: String, _ value: VoxelCounts) throws(PellucidError) {
    if value.axes.contains(where: { $0 < 1 }) { throw .parameter(name, "\(value)", wanted: VoxelCounts.wanted) }
  }
}

/// A parameter that is a whole number within bounds.
struct WholeParameter: Sendable {
  let name: String
  let range: ClosedRange<Int>

  init(_ name: String, in range: ClosedRange<Int>) {
    self.name = name
    self.range = range
  }

  /// The start of random numbers.
  static let seed = WholeParameter("seed", in: 0...Int.max)

  /// - Throws: `.usage` for a number out of bounds.
  func check(_ value: Int) throws(PellucidError) {
    if !range.contains(value) { throw refused("\(value)") }
  }

  /// The number given as text; nil: none is.
  /// - Throws: `.usage` for no whole number, or one out of bounds.
  func given(_ values: OptionValues) throws(PellucidError) -> Int? {
    guard let text = values.text(name) else { return nil }
    guard let value = Int(text), range.contains(value) else { throw refused(text) }
    return value
  }

  private func refused(_ text: String) -> PellucidError {
    let most = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
    return .parameter(name, text, wanted: "a whole number of at least \(range.lowerBound)\(most)")
  }
}
