internal import PellucidFiles

/// Paths below a folder as a pattern describes them: `{participant_id}/{session_id}/anat/*_T1w.nii.gz`.
///
/// `*` stands for any letters, also none, within a name; `{participant_id}` and `{session_id}` for letters that are the same wherever they
/// stand: those of a `sub-` or `ses-` label where the pattern does not write that itself.
struct PathPattern {
  /// A path that fits, below the folder.
  struct Match: Equatable {
    var path: String
    var participant: String?
    var session: String?
  }

  private enum Piece: Equatable {
    case text([Character])
    case any
    case participant, session
  }

  private let parts: [[Piece]]

  init(_ text: String) {
    parts = text.split(separator: "/").map { Self.pieces(String($0)) }
  }

  private static func pieces(_ part: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = part[...]
    var text = ""
    func flush(_ text: inout String, _ pieces: inout [Piece]) {
      if !text.isEmpty { pieces.append(.text(Array(text))) }
      text = ""
    }
    while let first = rest.first {
      if let (name, piece) = [("{participant_id}", Piece.participant), ("{session_id}", .session)].first(where: {
        rest.hasPrefix($0.0)
      }) {
        flush(&text, &pieces)
        pieces.append(piece)
        rest = rest.dropFirst(name.count)
      } else if first == "*" {
        flush(&text, &pieces)
        pieces.append(.any)
        rest = rest.dropFirst()
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    flush(&text, &pieces)
    return pieces
  }

  /// What fits below a folder, in the order of names.
  func matches(in folder: String) -> [Match] {
    var found = [Match(path: "")]
    for part in parts {
      var next: [Match] = []
      for match in found {
        let here = match.path.isEmpty ? folder : folder + "/" + match.path
        for name in FileContents.names(inFolder: here) ?? [] where !name.hasPrefix(".") {
          guard var fitting = Self.fit(part[...], Array(name)[...], match) else { continue }
          fitting.path = match.path.isEmpty ? name : match.path + "/" + name
          next.append(fitting)
        }
      }
      found = next
    }
    return found
  }

  /// The match with what a name says of participant and session; nil where the name does not fit.
  private static func fit(_ pieces: ArraySlice<Piece>, _ name: ArraySlice<Character>, _ match: Match) -> Match? {
    guard let piece = pieces.first else { return name.isEmpty ? match : nil }
    let rest = pieces.dropFirst()
    switch piece {
    case .text(let text):
      return name.starts(with: text) ? fit(rest, name.dropFirst(text.count), match) : nil
    case .any:
      for count in 0...name.count { if let found = fit(rest, name.dropFirst(count), match) { return found } }
      return nil
    case .participant: return label(\.participant, "sub-", name, rest, match)
    case .session: return label(\.session, "ses-", name, rest, match)
    }
  }

  /// A label at a name's beginning: the longest that lets the rest fit.
  private static func label(
    _ key: WritableKeyPath<Match, String?>, _ prefix: String, _ name: ArraySlice<Character>, _ rest: ArraySlice<Piece>,
    _ match: Match
  ) -> Match? {
    if let known = match[keyPath: key] {
      return name.starts(with: known) ? fit(rest, name.dropFirst(known.count), match) : nil
    }
    let hasPrefix = name.starts(with: prefix)
    let body = hasPrefix ? name.dropFirst(prefix.count) : name
    for count in stride(from: body.prefix { $0.isLetter || $0.isNumber }.count, to: 0, by: -1) {
      var entered = match
      entered[keyPath: key] = (hasPrefix ? prefix : "") + String(body.prefix(count))
      if let found = fit(rest, body.dropFirst(count), entered) { return found }
    }
    return nil
  }
}
