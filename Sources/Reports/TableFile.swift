public import Faults
internal import Files

/// A table of tab-separated text: a header, then lines of as many cells; lines that begin with `#` are remarks.
public struct TableFile: Sendable {
  /// Where it was read from.
  public let path: String
  /// Names of the columns.
  public let columns: [String]
  /// Cells, line by line.
  public let rows: [[String]]

  /// Reads a table.
  /// - Throws: `.badData` where there is no such file, no line, a line of another length, or it is not text.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path) else { throw .unreadableTable(path) }
    guard let text = String(validating: data, as: UTF8.self), !data.contains(0) else {
      throw .notATable(path, why: "it is not text")
    }
    try self.init(text: text, path: path)
  }

  /// A table from its text.
  public init(text: String, path: String) throws(PellucidError) {
    self.path = path
    var columns: [String] = []
    var rows: [[String]] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.isEmpty || line.hasPrefix("#") { continue }
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      if columns.isEmpty {
        columns = cells
      } else if cells.count == columns.count {
        rows.append(cells)
      } else {
        throw .notATable(path, why: "line \(number + 1) has \(cells.count) cells where the header has \(columns.count)")
      }
    }
    guard columns.count > 1, !rows.isEmpty else {
      throw .notATable(path, why: "it has no lines of tab-separated cells")
    }
    (self.columns, self.rows) = (columns, rows)
  }

  /// The cells of a column.
  /// - Throws: `.usage` with near misses where there is none.
  public func cells(_ column: String) throws(PellucidError) -> [String] {
    guard let place = columns.firstIndex(of: column) else { throw .noSuchColumn(column, path, has: columns) }
    return rows.map { $0[place] }
  }

  /// The numbers of a column; nil for `n/a`.
  /// - Throws: `.badData` naming the first cell that is something else.
  public func numbers(_ column: String) throws(PellucidError) -> [Double?] {
    var numbers: [Double?] = []
    for (row, cell) in try cells(column).enumerated() {
      if cell == "n/a" {
        numbers.append(nil)
      } else if let number = Double(cell), number.isFinite {
        numbers.append(number)
      } else {
        throw .notANumber(path, column: column, row: row + 1, cell: cell)
      }
    }
    return numbers
  }
}
