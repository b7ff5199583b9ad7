/// Mean and standard deviation of the numbers that are there.
public struct Spread: Sendable, Hashable {
  /// How many there are.
  public let count: Int
  /// Their mean; nil where there is none.
  public let mean: Double?
  /// The sample's standard deviation, with n − 1; nil below two.
  public let deviation: Double?

  /// The spread of some numbers; nil ones are left out.
  public init(_ values: [Double?]) {
    let given = values.compactMap { $0 }
    count = given.count
    let centre = given.reduce(0, +) / Double(max(1, given.count))
    mean = given.isEmpty ? nil : centre
    let squares = given.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    deviation = given.count < 2 ? nil : (squares / Double(given.count - 1)).squareRoot()
  }
}
