/// Suggestions for misspelt names.
public enum NearMiss {
  /// The candidates closest to a name, best first: those that one slip makes of it (of a name of four letters and more two, of a long one
  /// a slip in four letters, at most five), or that contain it; upper and lower case are not told apart.
  ///
  /// A slip is a letter that is wrong, missing, too much, or changed places with the next.
  public static func suggestions(for name: String, among candidates: [String], limit: Int = 3) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars)
    let allowed = wanted.count < 4 ? 1 : min(max(2, wanted.count / 4), 5)
    let ranked: [(distance: Int, name: String)] = candidates.compactMap { candidate in
      let scalars = Array(candidate.lowercased().unicodeScalars)
      let distance = editDistance(wanted, scalars)
      if wanted.count >= 3, scalars.count > wanted.count, contains(scalars, wanted) {
        return (min(distance, allowed), candidate)
      }
      return distance <= allowed && distance < max(wanted.count, scalars.count) ? (distance, candidate) : nil
    }
    return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
  }

  /// `did you mean A or B?`, or a list where none is near: of all candidates, or of those that are worth one.
  public static func remedy(
    for name: String, among candidates: [String], noun: String, listing listed: [String]? = nil
  ) -> String {
    let near = suggestions(for: name, among: candidates)
    if !near.isEmpty { return "did you mean " + near.joined(separator: " or ") + "?" }
    let all = listed ?? candidates
    let shown = all.prefix(12).joined(separator: ", ")
    return "\(noun): \(shown)" + (all.count > 12 ? ", … (\(all.count) in all)" : "")
  }

  private static func contains(_ whole: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
    (0...(whole.count - part.count)).contains { whole[$0..<($0 + part.count)].elementsEqual(part) }
  }

  /// The number of slips between two words (optimal string alignment).
  private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in b.indices {
        next[j + 1] = min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { next[j + 1] = min(next[j + 1], before[j - 1] + 1) }
      }
      (before, row) = (row, next)
    }
    return row[b.count]
  }
}
