/// Which features of an image are there; the others are set to the fill.
package struct Coalition: Hashable, Sendable {
  private var words: [UInt64]
  /// Number of features in all.
  package let count: Int

  /// All of them, or none.
  package init(_ count: Int, allThere: Bool) {
    self.count = count
    words = Array(repeating: 0, count: (count + 63) / 64)
    if allThere { for feature in 0..<count { self[feature] = true } }
  }

  /// Whether a feature is there.
  package subscript(feature: Int) -> Bool {
    get { words[feature / 64] >> UInt64(feature % 64) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(feature % 64)
      if newValue { words[feature / 64] |= bit } else { words[feature / 64] &= ~bit }
    }
  }

  /// How many are there.
  package var size: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Those that are not there.
  package var complement: Coalition {
    var other = self
    for feature in 0..<count { other[feature] = !self[feature] }
    return other
  }

  /// 1 for each feature that is there, 0 for the others.
  package var row: [Double] { (0..<count).map { self[$0] ? 1 : 0 } }

  /// Each coalition once, and for each of the list its place among them.
  static func unique(_ coalitions: [Coalition]) -> (own: [Coalition], places: [Int]) {
    var own: [Coalition] = []
    var known: [Coalition: Int] = [:]
    let places = coalitions.map { coalition in
      let place = known[coalition, default: own.count]
      if place == own.count {
        known[coalition] = place
        own.append(coalition)
      }
      return place
    }
    return (own, places)
  }
}
