internal import PellucidFaults
internal import PellucidTensors

/// Whether a map's sum is the difference of scores that it is said to share out.
struct Completeness {
  private let sum: Double
  private let difference: Double
  private let magnitude: Double

  /// - Parameter difference: of the scan's score and the baseline's.
  init(of map: Tensor, difference: Double) {
    sum = map.sum
    magnitude = map.values.reduce(0.0) { $0 + Double(abs($1)) }
    self.difference = difference
  }

  /// What the sum has too much, for the provenance.
  var fact: Relevance.Fact { .init("completeness_residual", .number(sum - difference)) }

  /// A note where the sum misses by more than a tenth, and by more than what rounding leaves where parts cancel.
  func notes(_ method: String, how: String) -> [Note] {
    let residual = abs(sum - difference)
    guard residual > 0.1 * abs(difference), residual > 1e-4 * magnitude else { return [] }
    let share = sum / difference
    let text = abs(share) < 100 ? (100 * share).words() + " %" : "more than a hundred times"
    return [Note(what: "the map of \(method) adds up to \(text) of the score's difference from the baseline", how: how)]
  }
}
