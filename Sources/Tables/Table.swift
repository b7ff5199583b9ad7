public import PellucidFaults

/// Named columns of equal length: every table that is written or read.
///
/// A column holds text, whole numbers or numbers; a cell may be missing, which is `n/a` in a file. What a file's columns hold is not
/// guessed: the caller asks for text or for numbers.
public struct Table: Sendable {
  /// A column.
  public struct Column: Sendable {
    /// What stands in the header.
    public let name: String
    let cells: Cells

    /// A column of text.
    public static func text(_ name: String, _ values: [String?]) -> Column {
      Column(name: name, cells: .text(values))
    }

    /// A column of whole numbers.
    public static func whole(_ name: String, _ values: [Int?]) -> Column {
      Column(name: name, cells: .whole(values))
    }

    /// A column of numbers, written with so many significant digits; what is not finite is missing.
    public static func number(_ name: String, _ values: [Double?], digits: Int = 9) -> Column {
      Column(name: name, cells: .number(values, digits: digits))
    }
  }

  enum Cells: Sendable {
    case text([String?])
    case whole([Int?])
    case number([Double?], digits: Int)
    /// A column of a file's text, counted from 0.
    case read(DelimitedText, Int)

    var count: Int {
      switch self {
      case .text(let values): values.count
      case .whole(let values): values.count
      case .number(let values, _): values.count
      case .read(let text, _): text.rowCount
      }
    }
  }

  /// What is said above the header, each in a line of its own.
  public let remarks: [String]
  /// The columns.
  public let columns: [Column]
  /// How many rows there are.
  public let rowCount: Int
  /// The file that it was read from.
  public let path: String?

  /// A table of columns.
  /// - Precondition: all columns are equally long.
  public init(_ columns: [Column], remarks: [String] = []) {
    self.init(columns, remarks: remarks, path: nil)
  }

  init(_ columns: [Column], remarks: [String], path: String?) {
    rowCount = columns.first?.cells.count ?? 0
    for column in columns { precondition(column.cells.count == rowCount, "a column is longer than another") }
    (self.columns, self.remarks, self.path) = (columns, remarks, path)
  }

  /// The columns' names.
  public var names: [String] { columns.map(\.name) }

  /// The place of a column, from 0; nil where there is none of the name.
  public func place(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

  /// The cells of a column as text; nil for what is missing.
  /// - Throws: `.usage` with near misses where there is no such column.
  public func texts(_ column: String) throws(PellucidError) -> [String?] {
    texts(at: try knownPlace(of: column))
  }

  /// The numbers of a column; nil for what is missing.
  /// - Throws: `.usage` with near misses where there is no such column; `.badData` naming the first cell that is no finite number.
  public func numbers(_ column: String) throws(PellucidError) -> [Double?] {
    let place = try knownPlace(of: column)
    switch columns[place].cells {
    case .whole(let values): return values.map { $0.map(Double.init) }
    case .number(let values, _): return values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
    case .text, .read:
      var numbers: [Double?] = []
      numbers.reserveCapacity(rowCount)
      for row in 0..<rowCount {
        switch number(row, place) {
        case .missing: numbers.append(nil)
        case .value(let number): numbers.append(number)
        case .other(let cell): throw .notANumber(path, column: column, row: row + 1, cell: cell)
        }
      }
      return numbers
    }
  }

  /// The whole numbers of a column; nil for what is missing.
  /// - Throws: as ``numbers(_:)``, also where a number has a fraction.
  public func wholes(_ column: String) throws(PellucidError) -> [Int?] {
    if case .whole(let values) = columns[try knownPlace(of: column)].cells { return values }
    var wholes: [Int?] = []
    for (row, number) in try numbers(column).enumerated() {
      if let number, Int(exactly: number) == nil {
        throw .notAWholeNumber(path, column: column, row: row + 1, cell: "\(number)")
      }
      wholes.append(number.flatMap { Int(exactly: $0) })
    }
    return wholes
  }

  /// The line of the file in which a row stands, from 1; nil for a table that was not read.
  public func line(ofRow row: Int) -> Int? {
    if case .read(let text, _)? = columns.first?.cells { text.lines[row] } else { nil }
  }

  // MARK: Cells

  /// The cells of the column at a place.
  func texts(at place: Int) -> [String?] {
    switch columns[place].cells {
    case .text(let values): values
    case .whole(let values): values.map { $0.map { "\($0)" } }
    case .number(let values, let digits):
      values.map { $0.flatMap { $0.isFinite ? NumberText.significant($0, digits: digits) : nil } }
    case .read(let text, let column): text.cells(column)
    }
  }

  private enum Number {
    case missing
    case value(Double)
    case other(String)
  }

  private func number(_ row: Int, _ place: Int) -> Number {
    let cell: String?
    if case .read(let text, let column) = columns[place].cells {
      if let number = text.number(row, column) { return .value(number) }
      cell = text.cell(row, column)
    } else if case .text(let values) = columns[place].cells {
      cell = values[row]
    } else {
      cell = nil
    }
    guard let cell else { return .missing }
    if let number = Double(cell), number.isFinite { return .value(number) }
    return .other(cell)
  }

  private func knownPlace(of column: String) throws(PellucidError) -> Int {
    guard let place = place(of: column) else { throw .noSuchColumn(column, path, has: names) }
    return place
  }
}
