/// Suggestions for misspelt names.
public enum NearMiss {
  /// The candidates closest to a name, best first: those within an edit distance of a third of the name's length (at least 2) that
  /// have at least a letter in common with it, or that contain it; upper and lower case are not told apart.
  public static func suggestions(for name: String, among candidates: [String], limit: Int = 3) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars)
    let allowed = max(2, wanted.count / 3)
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

  private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
