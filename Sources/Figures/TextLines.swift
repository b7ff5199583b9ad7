/// Text broken into lines.
enum TextLines {
  /// As few lines as the words fit in; the last of `most` holds what is left over.
  static func broken(
    _ text: String, size: Double, weight: Canvas.Weight = .regular, room: Double, most: Int = 12
  ) -> [String] {
    var words = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
    guard !words.isEmpty else { return [] }
    func fits(_ line: String) -> Bool { Canvas.width(of: line, size: size, weight: weight) <= room }
    var lines: [String] = []
    while let first = words.popFirst() {
      var line = first
      if !fits(line) {
        // A word longer than a line, such as a path.
        var rest = ""
        while line.count > 1, !fits(line) { rest = String(line.removeLast()) + rest }
        words = [rest] + words
      } else {
        while let next = words.first, fits(line + " " + next) {
          line += " " + next
          words.removeFirst()
        }
      }
      if lines.count == most - 1, !words.isEmpty {
        // What is too long even for this is cut where it is drawn.
        lines.append(([line] + words).joined(separator: " "))
        break
      }
      lines.append(line)
    }
    return lines
  }
}
