/// Names of regions without the side that they tell: `Precentral_L`, `Left-Amygdala`, `ctx-lh-cuneus`, `Amygdala (L)`, `Amygdala, left`.
enum SideOfName {
  private static let anywhere: Set<String> = ["left", "right", "lh", "rh"]
  private static let atEnds: Set<String> = ["l", "r", "lt", "rt"]
  /// Words that only belong to a side beside them: `left hemisphere`.
  private static let companions: Set<String> = ["hemisphere", "hemi", "hem", "side"]

  private static let brackets: [Character: Character] = ["(": ")", "[": "]", "{": "}", "<": ">"]

  /// A word of letters and numbers, or what stands between two.
  private struct Piece {
    var text: String
    var isWord: Bool
    var isSide = false
  }

  /// The name without the words that tell the side, and without the marks that go with them; the name itself where nothing else is left.
  static func removed(from name: String) -> String {
    var pieces = pieces(of: name)
    markSides(&pieces)
    let words = pieces.filter(\.isWord)
    guard words.contains(where: \.isSide), words.contains(where: { !$0.isSide }) else { return name }
    while let place = pieces.firstIndex(where: \.isSide) { remove(&pieces, at: place) }
    return trimmed(pieces.map(\.text).joined())
  }

  private static func pieces(of name: String) -> [Piece] {
    var pieces: [Piece] = []
    for character in name {
      let isWord = character.isLetter || character.isNumber
      if pieces.last?.isWord == isWord {
        pieces[pieces.count - 1].text.append(character)
      } else {
        pieces.append(Piece(text: String(character), isWord: isWord))
      }
    }
    return pieces
  }

  /// Letters tell a side as the first or last word, or alone in brackets.
  private static func markSides(_ pieces: inout [Piece]) {
    let words = pieces.indices.filter { pieces[$0].isWord }
    for place in words {
      let word = pieces[place].text.lowercased()
      let isEnd = place == words.first || place == words.last
      pieces[place].isSide =
        anywhere.contains(word) || atEnds.contains(word) && (isEnd || isBracketed(pieces, place))
    }
    for (one, next) in zip(words, words.dropFirst()) {
      if pieces[one].isSide, companions.contains(pieces[next].text.lowercased()) { pieces[next].isSide = true }
    }
  }

  private static func isBracketed(_ pieces: [Piece], _ place: Int) -> Bool {
    guard place > 0, place + 1 < pieces.count, let open = pieces[place - 1].text.last(where: { !$0.isWhitespace }),
      let close = pieces[place + 1].text.first(where: { !$0.isWhitespace })
    else { return false }
    return brackets[open] == close
  }

  /// Takes a word out.
  ///
  /// Brackets around it alone go too; of the marks before and after it one is kept between two words, none at an end;
  /// a bracket that holds more than the word stays with what is left in it.
  private static func remove(_ pieces: inout [Piece], at place: Int) {
    var before = place > 0 ? pieces[place - 1].text : ""
    var after = place + 1 < pieces.count ? pieces[place + 1].text : ""
    let range = max(0, place - 1)...min(pieces.count - 1, place + 1)
    // What stood before or after it at an end of the name joins nothing.
    let isEnd = !pieces[..<place].contains(where: \.isWord) || !pieces[(place + 1)...].contains(where: \.isWord)
    if isBracketed(pieces, place) {
      before = String(before.prefix(upTo: before.lastIndex { !$0.isWhitespace } ?? before.endIndex))
      after = String(after.drop(while: \.isWhitespace).dropFirst())
    }
    let opens = before.last { !$0.isWhitespace }.map { brackets.keys.contains($0) } ?? false
    let closes = after.first { !$0.isWhitespace }.map { brackets.values.contains($0) } ?? false
    let kept: String
    if opens {
      kept = before
    } else if isEnd {
      kept = String((before + after).filter { brackets.keys.contains($0) || brackets.values.contains($0) })
    } else if closes {
      kept = after
    } else {
      let closing = String(before.filter { brackets.values.contains($0) })
      kept = after.isEmpty ? (before.isEmpty ? " " : before) : closing + after
    }
    pieces.replaceSubrange(range, with: kept.isEmpty ? [] : [Piece(text: kept, isWord: false)])
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
