/// A table's file as it stands: its bytes, and where its cells begin and end.
///
/// Cells become text or numbers when they are asked for, so that a table of ten million cells is read in a second.
struct DelimitedText: Sendable {
  /// What keeps text from being a table.
  enum Fault: Error {
    case noHeader
    case tooLong
    case cells(line: Int, count: Int, wanted: Int)

    var words: String {
      switch self {
      case .noHeader: "it has no lines of tab-separated cells"
      case .tooLong: "it is longer than 4 GB"
      case .cells(let line, let count, let wanted):
        "line \(line) has \(count) cell\(count == 1 ? "" : "s") where the header has \(wanted)"
      }
    }
  }

  private let bytes: [UInt8]
  private let isForeign: Bool
  /// Begin and end of each cell, row after row.
  private var bounds: [UInt32] = []
  /// The columns' names.
  private(set) var header: [String] = []
  /// The lines in which rows stand, from 1.
  private(set) var lines: [Int] = []
  /// Lines behind `#`, without it.
  private(set) var remarks: [String] = []

  var rowCount: Int { lines.count }

  static func reading(_ bytes: [UInt8], _ form: Table.Form) -> Result<DelimitedText, Fault> {
    guard bytes.count < UInt32.max else { return .failure(.tooLong) }
    var text = DelimitedText(bytes: bytes, isForeign: form == .foreign)
    do {
      try text.read()
    } catch {
      return .failure(error)
    }
    return .success(text)
  }

  /// The cells of one line of a file that people write.
  static func cells(of line: Substring, separator: UInt8) -> [String] {
    var text = DelimitedText(bytes: [UInt8](line.utf8), isForeign: true)
    text.split(from: 0, separator: separator)
    return (0..<text.bounds.count / 2).map { text.text($0) }
  }

  private init(bytes: [UInt8], isForeign: Bool) {
    self.bytes = bytes
    self.isForeign = isForeign
  }

  // MARK: Cells

  /// A cell's text; nil for what is missing.
  func cell(_ row: Int, _ column: Int) -> String? {
    let text = text(row * header.count + column)
    return text == Table.missing || isForeign && text.isEmpty ? nil : text
  }

  /// A column's texts; nil for what is missing.
  func cells(_ column: Int) -> [String?] {
    var cells: [String?] = []
    cells.reserveCapacity(rowCount)
    var before: Range<Int>?
    for row in 0..<rowCount {
      let place = 2 * (row * header.count + column)
      let range = Int(bounds[place])..<Int(bounds[place + 1])
      // Names come in runs; text that stands there again is not made again.
      if let before, let last = cells.last, bytes[before].elementsEqual(bytes[range]) {
        cells.append(last)
      } else {
        cells.append(cell(row, column))
      }
      before = range
    }
    return cells
  }

  /// A cell's number where it is written plainly, without quotes and with few digits; nil: look at the text.
  ///
  /// Both factors are exact, so the number is the nearest one (Clinger 1990).
  func number(_ row: Int, _ column: Int) -> Double? {
    let place = 2 * (row * header.count + column)
    var at = Int(bounds[place])
    let end = Int(bounds[place + 1])
    guard at < end else { return nil }
    let isNegative = bytes[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    guard at < end, end - at <= 24 else { return nil }
    var figures = 0
    var (seen, digits, decimals, hasPoint, exponent) = (0, 0, 0, false, 0)
    while at < end {
      let byte = bytes[at]
      at += 1
      if byte &- 48 < 10 {
        figures = figures * 10 + Int(byte &- 48)
        seen += 1
        if figures > 0 { digits += 1 }
        if hasPoint { decimals += 1 }
        guard digits <= 15 else { return nil }
      } else if byte == UInt8(ascii: "."), !hasPoint, at < end {
        hasPoint = true
      } else if byte == UInt8(ascii: "e"), at < end {
        guard let power = Int(String(decoding: bytes[at..<end], as: UTF8.self)) else { return nil }
        (exponent, at) = (power, end)
      } else {
        return nil
      }
    }
    let power = exponent - decimals
    guard seen > 0, abs(power) <= 22 else { return nil }
    let size = power < 0 ? Double(figures) / Self.powers[-power] : Double(figures) * Self.powers[power]
    return isNegative ? -size : size
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private func text(_ place: Int) -> String {
    var (begin, end) = (Int(bounds[2 * place]), Int(bounds[2 * place + 1]))
    guard isForeign else { return String(decoding: bytes[begin..<end], as: UTF8.self) }
    let quote = UInt8(ascii: "\"")
    guard end - begin > 1, bytes[begin] == quote, bytes[end - 1] == quote else {
      let text = String(decoding: bytes[begin..<end], as: UTF8.self)
      // Blanks beyond ASCII, such as spreadsheets leave.
      return text.utf8.allSatisfy { $0 < 128 } ? text : text.trimmed
    }
    (begin, end) = (begin + 1, end - 1)
    return String(decoding: bytes[begin..<end], as: UTF8.self).replacing("\"\"", with: "\"")
  }

  // MARK: Lines

  private mutating func read() throws(Fault) {
    var begin = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var number = 0
    var separator = UInt8(ascii: "\t")
    while begin < bytes.count {
      let first = bounds.count
      let end = split(from: begin, separator: separator)
      let line = begin..<end
      begin = end + (end + 1 < bytes.count && bytes[end] == 13 && bytes[end + 1] == 10 ? 2 : 1)
      number += 1
      let isMarked = !line.isEmpty && bytes[line.lowerBound] == UInt8(ascii: "#")
      if line.isEmpty || isMarked && header.isEmpty || isForeign && line.allSatisfy({ bytes[$0] == 9 || isBlank($0) }) {
        bounds.removeLast(bounds.count - first)
        if isMarked { remarks.append(remark(line)) }
      } else if header.isEmpty {
        if isForeign {
          separator = Self.separator(of: bytes[line])
          bounds = []
          split(from: line.lowerBound, separator: separator)
        }
        takeHeader()
        // As many cells as lines like the header would have, so that the list seldom grows.
        bounds.reserveCapacity((bytes.count / max(8, line.count) + 1) * 2 * header.count)
      } else if isMarked, bounds.count - first != 2 * header.count {
        bounds.removeLast(bounds.count - first)
        remarks.append(remark(line))
      } else {
        if isForeign { fit(from: first, lineEnd: end) }
        let count = (bounds.count - first) / 2
        guard count == header.count else { throw .cells(line: number, count: count, wanted: header.count) }
        lines.append(number)
      }
    }
    if header.isEmpty { throw .noHeader }
  }

  /// Makes names of the cells of the first line.
  private mutating func takeHeader() {
    header = (0..<bounds.count / 2).map { text($0) }
    if isForeign { while header.count > 1, header.last == "" { header.removeLast() } }
    bounds = []
  }

  /// Takes empty cells behind the last column off a line, and adds those that it lacks.
  private mutating func fit(from first: Int, lineEnd: Int) {
    let wanted = first + 2 * header.count
    while bounds.count > wanted, bounds[bounds.count - 2] == bounds[bounds.count - 1] { bounds.removeLast(2) }
    while bounds.count < wanted { bounds.append(UInt32(lineEnd)) }
  }

  /// Appends the bounds of a line's cells.
  /// - Returns: where the line ends.
  @discardableResult
  private mutating func split(from begin: Int, separator: UInt8) -> Int {
    let bytes = self.bytes
    let span = bytes.span
    let end = span.count
    var (start, at) = (begin, begin)
    while true {
      if isForeign, let close = closingQuote(from: at, separator) { at = close + 1 }
      while at < end {
        let byte = span[at]
        if byte == separator || byte == 10 || byte == 13 { break }
        at += 1
      }
      var (first, last) = (start, at)
      if isForeign {
        while first < last, isBlank(first) { first += 1 }
        while first < last, isBlank(last - 1) { last -= 1 }
      }
      bounds.append(UInt32(truncatingIfNeeded: first))
      bounds.append(UInt32(truncatingIfNeeded: last))
      guard at < end, span[at] == separator else { return at }
      at += 1
      start = at
    }
  }

  /// Where the quotes close that a cell begins with; nil where it does not, or nothing closes them before the cell's end.
  private func closingQuote(from begin: Int, _ separator: UInt8) -> Int? {
    let quote = UInt8(ascii: "\"")
    var at = begin
    while at < bytes.count, isBlank(at) { at += 1 }
    guard at < bytes.count, bytes[at] == quote else { return nil }
    at += 1
    while at < bytes.count, !isLineEnd(at) {
      if bytes[at] == quote {
        guard at + 1 < bytes.count, bytes[at + 1] == quote else { break }
        at += 1
      }
      at += 1
    }
    guard at < bytes.count, bytes[at] == quote else { return nil }
    var next = at + 1
    while next < bytes.count, isBlank(next) { next += 1 }
    return next == bytes.count || bytes[next] == separator || isLineEnd(next) ? at : nil
  }

  private func isLineEnd(_ place: Int) -> Bool { bytes[place] == 10 || bytes[place] == 13 }

  private func remark(_ line: Range<Int>) -> String {
    let words = bytes[line].drop { $0 == UInt8(ascii: "#") || $0 == 32 }
    return String(decoding: words, as: UTF8.self)
  }

  private func isBlank(_ place: Int) -> Bool { bytes[place] == 32 || bytes[place] == 11 || bytes[place] == 12 }

  /// Tabs, where a header has one; else commas, else semicolons.
  private static func separator(of header: ArraySlice<UInt8>) -> UInt8 {
    [UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ";")].first { header.contains($0) } ?? UInt8(ascii: "\t")
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
  }
}

extension Table {
  /// The cells of one line of a file that people write: quotes may hold the separator, blanks around cells are dropped.
  public static func cells(of line: Substring, separator: Unicode.Scalar) -> [String] {
    DelimitedText.cells(of: line, separator: UInt8(ascii: separator))
  }
}
