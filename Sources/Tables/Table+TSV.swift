extension Table {
  /// What stands in a file for what is missing.
  public static let missing = "n/a"

  /// The table as tab-separated text: remarks behind `# `, the header, a line a row.
  public var tsv: String {
    var text = remarks.map { "# " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n" }.joined()
    text += columns.map { Self.cell($0.name) }.joined(separator: "\t") + "\n"
    let cells = columns.indices.map { self.cells(at: $0) }
    for row in 0..<rowCount {
      for column in cells.indices {
        if column > 0 { text += "\t" }
        text += cells[column][row]
      }
      text += "\n"
    }
    return text
  }

  /// The cells of the column at a place as they are written.
  package func cells(at place: Int) -> [String] { texts(at: place).map { $0.map(Self.cell) ?? Self.missing } }

  /// Text as a cell holds it: white space of any kind is a blank, so that neither tab nor line break can end the cell.
  static func cell(_ text: String) -> String {
    // Nothing below the blank and nothing beyond ASCII: nothing to replace, without looking at characters.
    if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) { return text }
    return String(text.map { $0.isWhitespace ? " " : $0 })
  }
}
