/// The name beside a band of slices, turned a quarter: in several lines where a row of slices is not tall enough for one.
enum BandName {
  private typealias Measure = MontageLayout.Measure

  /// The width of a line beside the slices.
  static let lineWidth = 9.0
  /// What any band is taken to be tall enough for.
  private static let usualRoom = 90.0

  /// A name in lines, broken behind blanks, colons, commas and equals signs.
  static func lines(of name: String) -> [String] {
    var lines = [""]
    for piece in pieces(of: name) {
      let longer = lines[lines.count - 1] + piece
      if !lines[lines.count - 1].isEmpty, width(of: longer) > usualRoom {
        lines.append(piece)
      } else {
        lines[lines.count - 1] = longer
      }
    }
    return lines
  }

  /// What the lines take beside the slices, and along them.
  static func room(for names: [String]) -> (width: Double, height: Double) {
    let all = names.map(lines(of:))
    let most = all.map(\.count).max() ?? 0
    return (
      most == 0 ? 0 : Measure.bandName + lineWidth * Double(most - 1), (all.joined().map(width(of:)).max() ?? 0) + 2
    )
  }

  private static func pieces(of name: String) -> [String] {
    var pieces = [""]
    // A line ends in the dot between method and target.
    for character in name.replacing(" · ", with: "\u{a0}· ") {
      pieces[pieces.count - 1].append(character)
      if ":,= ".contains(character) { pieces.append("") }
    }
    return pieces.filter { !$0.isEmpty }
  }

  private static func width(of line: String) -> Double { Canvas.width(of: line, size: Measure.subtitle) }
}
