public import PellucidFaults
internal import PellucidFiles

/// A label file: which index belongs to which region.
///
/// Read tolerantly: BIDS's `dseg.tsv` (`index`, `name`, and where they are there `hemisphere` or `hemi`, `color` or `colour`), the same as
/// CSV, with the header in any case or none; and plain text of `index name` lines separated by blanks, as MRIcron writes it (a third
/// column holds the label by which other copies of the atlas know the region), FreeSurfer (red, green, blue, alpha follow the name) and
/// ITK-SNAP (red, green, blue, alpha, visibility, mesh, then the name in quotation marks); and FSL's XML. A column `lobe` (or `parent`,
/// `group`, `hierarchy`) tells the larger part that a region belongs to.
/// What follows a `#` is a comment, unless it is a colour; numbers at the ends of names stay (`TrailingNumbers`); index 0 is the background
/// and no region.
public struct LabelTable: Sendable {
  /// The regions, by index.
  public let regions: [Region]
  /// Index → the region's label in other copies of the atlas (MRIcron's third column); empty in other files.
  public let otherLabels: [Int32: Int32]
  /// What stands at index 0: the background, or the first region where a file counts volumes of probabilities from 0 on.
  public let atZero: Region?
  /// Name of the file.
  public let source: String

  /// Reads a label file.
  /// - Throws: `.badData` for a file that cannot be read, is not text, names no region, an index that is no label, or one given twice.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let data = FileContents.bytes(of: path) else { throw .unreadable(path) }
    guard !data.contains(0) else { throw .notText(path, kind: "not text") }
    // A byte that is not UTF-8 (an old Latin-1 file) spoils a letter of a name, not the table.
    try self.init(text: String(decoding: data, as: UTF8.self), source: path)
  }

  /// Reads a label file's text.
  /// - Throws: as ``init(contentsOf:)``.
  public init(text: String, source: String) throws(PellucidError) {
    var lines: [(number: Int, text: Substring)] = []
    for (offset, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      var line = line.drop { $0 == "\u{FEFF}" }
      let isComment = line.first(where: { !$0.isWhitespace }) == "#"
      line = line.withoutComment
      while let last = line.last, last == " " || last == "\r" { line.removeLast() }
      if !line.allSatisfy(\.isWhitespace), !isComment {
        lines.append((offset + 1, line))
      }
    }
    guard let first = lines.first else { throw .emptyLabels(source) }
    if first.text.hasPrefix("<") {
      try self.init(xml: text, source: source)
      return
    }
    if first.text.hasPrefix("{") || first.text.hasPrefix("[") { throw .notText(source, kind: "JSON") }

    var layout = try LabelLayout(firstLine: first.text, source: source)
    layout.settle(by: lines.map(\.text))
    var entries: [Int32: (region: Region, line: Int)] = [:]
    var others: [Int32: Int32] = [:]
    var atZero: Region?
    for (number, line) in layout.hasHeader ? lines.dropFirst() : lines[...] {
      let fields = layout.fields(of: line)
      guard let entry = layout.entry(fields) else {
        throw .notAnIndex(source, line: number, text: fields.first ?? "")
      }
      if entry.region.index == 0 {
        atZero = entry.region
        continue
      }
      if let before = entries[entry.region.index] {
        throw .duplicateIndex(source, index: entry.region.index, lines: (before.line, number))
      }
      entries[entry.region.index] = (entry.region, number)
      if let other = entry.other { others[entry.region.index] = other }
    }
    guard !entries.isEmpty else { throw .emptyLabels(source) }
    self.init(
      regions: entries.values.map(\.region).sorted { $0.index < $1.index }, otherLabels: others, atZero: atZero,
      source: source)
  }

  init(regions: [Region], otherLabels: [Int32: Int32] = [:], atZero: Region? = nil, source: String) {
    self.regions = regions
    self.otherLabels = otherLabels
    self.atZero = atZero
    self.source = source
  }
}
