/// A column of a table of like things: its name, and what stands in it for each.
public struct TableField<Row>: Sendable {
  /// What stands in the header.
  public let name: String
  let column: @Sendable (_ rows: [Row]) -> Table.Column

  /// A column of text.
  public static func text(_ name: String, _ value: @escaping @Sendable (Row) -> String?) -> Self {
    Self(name: name) { .text(name, $0.map(value)) }
  }

  /// A column of whole numbers.
  public static func whole(_ name: String, _ value: @escaping @Sendable (Row) -> Int?) -> Self {
    Self(name: name) { .whole(name, $0.map(value)) }
  }

  /// A column of numbers, written with so many significant digits.
  public static func number(_ name: String, digits: Int = 9, _ value: @escaping @Sendable (Row) -> Double?) -> Self {
    Self(name: name) { .number(name, $0.map(value), digits: digits) }
  }
}

extension Table {
  /// A table with a row for each of some things.
  public init<Row>(of rows: [Row], _ fields: [TableField<Row>], remarks: [String] = []) {
    self.init(fields.map { $0.column(rows) }, remarks: remarks)
  }
}
