internal import PellucidFaults

extension LabelTable {
  /// Reads FSL's atlas description: `<label index="0" x="48" y="94" z="35">Frontal Pole</label>`, a region each.
  ///
  /// Where the atlas's type is `Probabilistic` (or `Statistic`) the index counts volumes from 0 on, and FSL's label images carry the
  /// index + 1; where it is `Label` the index is the label, and 0 the background.
  /// - Throws: `.badData` for text without labels, an index that is no label, or one given twice.
  init(xml text: String, source: String) throws(PellucidError) {
    let type = Self.element("type", in: text[...])?.content.lowercased() ?? "label"
    let shift: Int32 = type.hasPrefix("label") ? 0 : 1
    var regions: [Region] = []
    var lineOfIndex: [Int32: Int] = [:]
    var line = 1
    var rest = text[...]
    while let label = Self.element("label", in: rest) {
      line += label.before.count(where: \.isNewline)
      let word = Self.attribute("index", of: label.attributes) ?? ""
      guard let index = LabelLayout.index(word).map({ $0 + shift }) else {
        throw .notAnIndex(source, line: line, text: word)
      }
      if let before = lineOfIndex.updateValue(line, forKey: index) {
        throw .duplicateIndex(source, index: index, lines: (before, line))
      }
      let name = Self.plain(label.content)
      if index > 0 { regions.append(name.isEmpty ? .unnamed(index) : Region(index: index, name: name)) }
      line += rest[label.before.endIndex..<label.rest.startIndex].count(where: \.isNewline)
      rest = label.rest
    }
    guard !regions.isEmpty else {
      throw .notText(source, kind: "XML without <label index=…>, as FSL's atlases have them")
    }
    self.init(regions: regions.sorted { $0.index < $1.index }, source: source)
  }

  private struct Element {
    let before: Substring
    let attributes: Substring
    let content: Substring
    let rest: Substring
  }

  /// The first element of a name.
  private static func element(_ name: String, in text: Substring) -> Element? {
    var start = text.startIndex
    while let open = text[start...].firstRange(of: "<" + name) {
      start = open.upperBound
      guard start < text.endIndex, text[start] == ">" || text[start].isWhitespace,
        let close = text[start...].firstIndex(of: ">"),
        let end = text[close...].firstRange(of: "</" + name + ">")
      else { continue }
      return Element(
        before: text[..<open.lowerBound], attributes: text[start..<close],
        content: text[text.index(after: close)..<end.lowerBound],
        rest: text[end.upperBound...])
    }
    return nil
  }

  private static func attribute(_ name: String, of text: Substring) -> String? {
    for mark: Character in ["\"", "'"] {
      guard let begin = text.firstRange(of: "\(name)=\(mark)"), let end = text[begin.upperBound...].firstIndex(of: mark)
      else { continue }
      return String(text[begin.upperBound..<end])
    }
    return nil
  }

  /// The text with XML's entities resolved and without the blanks around it.
  private static func plain(_ text: Substring) -> String {
    var out = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for (entity, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
      out.replace(entity, with: letter)
    }
    return out
  }
}
