/// What the numbers at the ends of a label file's lines are, where blanks separate everything: colours, labels elsewhere, or parts of names.
///
/// One line (`1 Area 1`) cannot tell; all of them together mostly can.
struct TrailingNumbers {
  private enum Kind {
    case partOfName
    /// The region's label in other copies of the atlas.
    case label
    /// Red, green, blue, and where there are four also alpha.
    case colour(count: Int)
  }

  private let kind: Kind

  /// Numbers are taken off names only where every line has them, and where that makes no two names equal that were not.
  /// - Parameter lines: the words behind each line's index.
  init(_ lines: [[String]]) {
    let all = lines.filter { !$0.isEmpty }
    let least = all.map { Self.numbers(at: $0).count }.min() ?? 0
    func names(without count: Int) -> Int { Set(all.map { $0.dropLast(count).joined(separator: " ") }).count }
    func areColours(_ count: Int) -> Bool {
      least >= count && all.allSatisfy { $0.suffix(count).prefix(3).allSatisfy { (0...255).contains(Int($0) ?? -1) } }
    }
    let whole = names(without: 0)
    if areColours(4), names(without: 4) >= min(whole, names(without: 3)) {
      kind = .colour(count: 4)
    } else if areColours(3), names(without: 3) == whole || least > 3 {
      kind = .colour(count: 3)
    } else if least >= 1, names(without: 1) == whole, Self.areLabels(all) {
      kind = .label
    } else {
      kind = .partOfName
    }
  }

  /// A line's name, colour and label elsewhere.
  func split(_ words: [String]) -> (name: String, colour: [String], label: Int32?) {
    switch kind {
    case .partOfName: return (words.joined(separator: " "), [], nil)
    case .label where words.count > 1:
      return (words.dropLast().joined(separator: " "), [], words.last.flatMap(LabelLayout.index))
    case .colour(let count) where words.count > count:
      return (words.dropLast(count).joined(separator: " "), Array(words.suffix(count).prefix(3)), nil)
    default: return (words.joined(separator: " "), [], nil)
    }
  }

  /// Whole numbers at the end, of which a name in front is none.
  private static func numbers(at words: [String]) -> [String] {
    Array(words.dropFirst().reversed().prefix { LabelLayout.index($0) != nil })
  }

  /// Labels elsewhere differ from line to line and are not small: MRIcron's begin at 2001, names count from 1.
  private static func areLabels(_ lines: [[String]]) -> Bool {
    let labels = lines.compactMap { $0.last.flatMap(LabelLayout.index) }
    return Set(labels).count == lines.count && (labels.min() ?? 0) >= 100
  }
}

extension Substring {
  /// The line without a comment at its end: from a `#` behind a blank on, unless it begins a colour (`#ff0080`) or a number (`Area #1`),
  /// or stands in double quotes.
  var withoutComment: Substring {
    var isQuoted = false
    var before: Character?
    for place in indices {
      let character = self[place]
      if character == "\"" { isQuoted.toggle() }
      if character == "#", !isQuoted, let mark = before, mark.isWhitespace {
        let word = self[index(after: place)...].prefix { $0.isLetter || $0.isNumber }
        let isColour = [6, 8].contains(word.count) && word.allSatisfy(\.isHexDigit)
        if !isColour, word.first?.isNumber != true { return self[..<place] }
      }
      before = character
    }
    return self
  }
}
