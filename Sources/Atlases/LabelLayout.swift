internal import PellucidFaults
internal import PellucidTables

/// How the lines of a label file are laid out; settled by its first line.
struct LabelLayout {
  private enum Separator { case tab, comma, semicolon, blanks }
  private struct Columns {
    var width: Int
    var index: Int
    var name: Int
    var hemisphere: Int?
    var lobe: Int?
    var colour: [Int] = []
  }

  private let separator: Separator
  private let columns: Columns?
  /// ITK-SNAP: index, red, green, blue, alpha, visibility, mesh, name in quotation marks.
  private let isSnap: Bool
  /// What numbers at the ends of lines are, where blanks separate.
  private var trailing = TrailingNumbers([])

  /// Whether the first line holds the names of the columns.
  var hasHeader: Bool { columns != nil }

  private static let indexWords = [
    "index", "id", "label_id", "roi_id", "value", "intensity", "number", "no", "no.", "key", "label", "roi",
  ]
  private static let nameWords = [
    "name", "region", "structure", "region_name", "label_name", "roi_name", "label", "description", "roi",
  ]
  private static let sideWords = ["hemisphere", "hemi", "side"]
  private static let lobeWords = ["lobe", "parent", "group", "hierarchy"]
  private static let colourWords = ["color", "colour", "hex", "rgb", "rgba"]

  /// - Throws: `.badData` where a header lacks the index or the name.
  init(firstLine: Substring, source: String) throws(PellucidError) {
    let separator: Separator =
      firstLine.contains("\t")
      ? .tab : firstLine.contains(",") ? .comma : firstLine.contains(";") ? .semicolon : .blanks
    self.separator = separator
    isSnap = separator == .blanks && Self.snap(firstLine) != nil
    let fields = Self.split(firstLine, by: separator)
    guard let head = fields.first, Self.index(head) == nil, !Self.looksNumeric(head) else {
      self.columns = nil
      return
    }
    let words = fields.map { $0.lowercased() }
    func column(_ known: [String], but taken: Int? = nil) -> Int? {
      for word in known {
        if let found = words.firstIndex(of: word), found != taken { return found }
      }
      return nil
    }
    guard let index = column(Self.indexWords) else { throw .columnMissing(source, wanted: "index", has: fields) }
    guard let name = column(Self.nameWords, but: index) else {
      throw .columnMissing(source, wanted: "name", has: fields)
    }
    var columns = Columns(width: fields.count, index: index, name: name, hemisphere: column(Self.sideWords))
    columns.lobe = column(Self.lobeWords)
    if let colour = column(Self.colourWords) {
      columns.colour = [colour]
    } else if let r = column(["r", "red"]), let g = column(["g", "green"]), let b = column(["b", "blue"]) {
      columns.colour = [r, g, b]
    }
    self.columns = columns
  }

  /// Looks at all lines, which together tell more than the first.
  mutating func settle(by lines: [Substring]) {
    guard separator == .blanks, columns == nil, !isSnap else { return }
    trailing = TrailingNumbers(
      lines.map { fields(of: $0) }.filter { $0.first.flatMap(Self.index) != 0 }.map { Array($0.dropFirst()) })
  }

  /// The fields of a line.
  func fields(of line: Substring) -> [String] {
    // index, red, green, blue; the name last.
    if isSnap, let snap = Self.snap(line) { return snap }
    return Self.split(line, by: separator)
  }

  /// Index, colour and name of a line of ITK-SNAP's; nil for another line.
  private static func snap(_ line: Substring) -> [String]? {
    guard let open = line.firstIndex(of: "\""), let close = line.lastIndex(of: "\""), open < close else { return nil }
    let numbers = line[..<open].split(whereSeparator: \.isWhitespace).map(String.init)
    guard numbers.count == 7, numbers.allSatisfy({ Double($0) != nil }) else { return nil }
    return numbers[..<4] + [String(line[line.index(after: open)..<close])]
  }

  /// What a line says; nil where its index is no label.
  func entry(_ fields: [String]) -> (region: Region, other: Int32?)? {
    if let columns {
      guard columns.index < fields.count, let index = Self.index(fields[columns.index]) else { return nil }
      func field(_ column: Int?) -> String? { column.flatMap { $0 < fields.count ? fields[$0] : nil } }
      // Between blanks a name in the last column holds all words that follow.
      let wholeName = separator == .blanks && columns.name == columns.width - 1 && fields.count >= columns.width
      let name = wholeName ? fields[(columns.width - 1)...].joined(separator: " ") : field(columns.name)
      let colour = Self.colour(columns.colour.compactMap(field))
      var region = Self.region(index, name, side: field(columns.hemisphere), colour: colour)
      region.lobe = field(columns.lobe).flatMap { $0.isEmpty || $0.lowercased() == "n/a" ? nil : $0 }
      return (region, nil)
    }
    guard let head = fields.first, let index = Self.index(head) else { return nil }
    if isSnap, fields.count == 5 {
      return (Self.region(index, fields[4], side: nil, colour: Self.colour(Array(fields[1...3]))), nil)
    }
    var words = Array(fields.dropFirst())
    if separator == .blanks {
      let (name, colour, other) = trailing.split(words)
      return (Self.region(index, name, side: nil, colour: colour.isEmpty ? nil : Self.colour(colour)), other)
    }
    var numbers: [Int32] = []
    while words.count > 1, let last = words.last, let number = Self.index(last) {
      numbers.insert(number, at: 0)
      words.removeLast()
    }
    // index name R G B [A], or index name label-elsewhere
    let colour = numbers.count >= 3 ? Self.colour(numbers.prefix(3).map { "\($0)" }) : nil
    let other = numbers.count == 1 ? numbers[0] : nil
    let side = words.count > 1 ? words.dropFirst().first { Hemisphere(word: $0) != nil && !$0.isEmpty } : nil
    let hex = words.dropFirst().first { $0.hasPrefix("#") }.flatMap { Self.colour([$0]) }
    return (Self.region(index, words.first, side: side, colour: colour ?? hex), other)
  }

  private static func region(_ index: Int32, _ name: String?, side: String?, colour: String?) -> Region {
    guard let name, !name.isEmpty, name.lowercased() != "n/a" else {
      var region = Region.unnamed(index)
      region.colour = colour
      return region
    }
    let side = side.flatMap { $0.isEmpty ? nil : Hemisphere(word: $0) }
    return Region(index: index, name: name, hemisphere: side, colour: colour)
  }

  /// A label: a whole number from 0, also spelt `12.0`.
  static func index(_ text: String) -> Int32? {
    if let whole = Int32(text) { return whole >= 0 ? whole : nil }
    guard let number = Double(text), number >= 0, number <= 2_147_483_647, number == number.rounded() else {
      return nil
    }
    return Int32(number)
  }

  private static func looksNumeric(_ text: String) -> Bool { Double(text) != nil }

  /// `#rrggbb` of a hexadecimal colour, of `r g b` in one field, or of three fields; 0…255.
  private static func colour(_ fields: [String]) -> String? {
    let parts = fields.count == 1 ? fields[0].split { !($0.isLetter || $0.isNumber) }.map(String.init) : fields
    let digits = Array("0123456789abcdef")
    if parts.count == 1 {
      let hex = parts[0].lowercased()
      return hex.count >= 6 && hex.allSatisfy(digits.contains) ? "#" + hex.prefix(6) : nil
    }
    guard parts.count >= 3 else { return nil }
    let levels = parts.prefix(3).compactMap { Int($0) }.filter { (0...255).contains($0) }
    guard levels.count == 3 else { return nil }
    return "#" + levels.map { "\(digits[$0 / 16])\(digits[$0 % 16])" }.joined()
  }

  /// Fields of a line, without the blanks around them; a field in double quotes may hold the separator.
  private static func split(_ line: Substring, by separator: Separator) -> [String] {
    if separator == .blanks { return line.split(whereSeparator: \.isWhitespace).map(String.init) }
    return Table.cells(of: line, separator: separator == .tab ? "\t" : separator == .comma ? "," : ";")
  }
}
