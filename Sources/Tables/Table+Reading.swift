public import PellucidFaults
internal import PellucidFiles

extension Table {
  /// Who wrote a table.
  public enum Form: Sendable, Hashable {
    /// Pellucid, or a program as strict: tabs, cells as they stand, every line as long as the header; `n/a` is missing.
    case own
    /// People and their spreadsheets: tabs, or commas or semicolons where the header has no tab; cells may be quoted, blanks around them
    /// are dropped; an empty cell is missing too, short lines end in missing cells, and empty columns behind the last name are none.
    case foreign
  }

  /// Reads a table.
  ///
  /// - Parameter wanted: what the remedy of an error asks for.
  /// - Throws: `.badData` where there is no such file, it is not text, there is no header, or a line has too many or too few cells.
  public init(contentsOf path: String, form: Form = .own, wanted: String = Self.anyTable) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path) else { throw .unreadableTable(path) }
    try self.init(bytes: [UInt8](data), path: path, form: form, wanted: wanted)
  }

  /// What is asked for where any table would do.
  public static let anyTable = "a table of tab-separated cells with a header"

  /// A table from its text; lines that begin with `#` are remarks above the header, and below it where they have not its count of cells.
  public init(text: String, path: String, form: Form = .own, wanted: String = Self.anyTable) throws(PellucidError) {
    try self.init(bytes: [UInt8](text.utf8), path: path, form: form, wanted: wanted)
  }

  private init(bytes: [UInt8], path: String, form: Form, wanted: String) throws(PellucidError) {
    guard !bytes.contains(0), form == .foreign || bytes.isUTF8 else {
      throw .notATable(path, why: "it is not text", wanted: wanted)
    }
    let text: DelimitedText
    switch DelimitedText.reading(bytes, form) {
    case .success(let read): text = read
    case .failure(let fault): throw .notATable(path, why: fault.words, wanted: wanted)
    }
    let columns = text.header.enumerated().map { Column(name: $1, cells: .read(text, $0)) }
    self.init(columns, remarks: text.remarks, path: path)
  }

  /// Checks that there is something to read.
  /// - Throws: `.badData` where there is one column, or no row.
  public func checkRows(wanted: String = Self.anyTable) throws(PellucidError) {
    guard columns.count > 1, rowCount > 0 else {
      throw .notATable(path, why: "it has no lines of tab-separated cells", wanted: wanted)
    }
  }
}

extension [UInt8] {
  fileprivate var isUTF8: Bool { String(validating: self, as: UTF8.self) != nil }
}
