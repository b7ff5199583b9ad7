internal import PellucidFaults
internal import Yams

extension PellucidError {
  static func unreadableCard(_ file: String, noun: String = "model card") -> Self {
    .init(
      .badData, at: .init(file: file), what: "the \(noun) cannot be read", why: "it is missing or not permitted",
      remedy: "check the path")
  }

  static func notACard(_ file: String, why: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "it is not a model card", why: why,
      remedy: "give a YAML file with the keys of a card")
  }

  /// A YAML parser's error in one line.
  static func notYAML(_ file: String, _ error: any Error, noun: String = "model card") -> Self {
    var part: String?
    var why = "it cannot be parsed"
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      part = "line \(mark.line)"
      why = problem
    case .reader(let problem, _, _, _):
      why = problem
    case .duplicatedKeysInMapping(let duplicates, let context):
      return keyGivenTwice(file, key: duplicates.sorted().joined(separator: ", "), line: context.mark.line)
    default: break
    }
    return .init(
      .badData, at: .init(file: file, part: part), what: "the \(noun) is not YAML", why: why,
      remedy: "mind indentation, brackets and the space after each colon", cause: error)
  }

  static func keyGivenTwice(_ file: String, key: String, line: Int? = nil) -> Self {
    .init(
      .badData, at: .init(file: file, part: key), what: "the key is given twice",
      why: line.map { "in the mapping of line \($0)" } ?? "", remedy: "keep one of them")
  }

  static func unknownKey(
    _ file: String, key: String, name: String, known: [String], noun: String = "model card"
  ) -> Self {
    .init(
      .badData, at: .init(file: file, part: key), what: "a \(noun) has no such key",
      remedy: home(of: name, among: known) ?? NearMiss.remedy(for: name, among: known, noun: "keys here"))
  }

  /// Where a key stands in a card, if it is known elsewhere.
  private static func home(of name: String, among known: [String]) -> String? {
    let sections = [
      "input": [
        "axes", "orientation", "spacing", "interpolation", "antialias", "shape", "clip", "normalization", "scale",
        "mask", "keep_zeros", "background",
      ],
      "output": ["kind", "activation", "classes", "bins"],
    ]
    return sections.first { $0.value.contains(name) && $0.value.allSatisfy { !known.contains($0) } }
      .map { "it belongs under \($0.key):" }
  }

  static func wrongValue(
    _ file: String, key: String, found: String, wanted: String, noun: String = "model card"
  ) -> Self {
    .init(
      .badData, at: .init(file: file, part: key.isEmpty ? nil : key), what: "the \(noun)'s value does not fit",
      why: "it is \(found)", remedy: "give \(wanted)")
  }

  static func unknownWord(_ file: String, key: String, word: String, known: [String]) -> Self {
    .init(
      .badData, at: .init(file: file, part: key), what: "the value '\(word)' is not known",
      remedy: NearMiss.remedy(for: word, among: known, noun: "values"))
  }

  static func keysClash(_ file: String, key: String, other: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: key), what: "it cannot stand beside \(other)", remedy: "keep one of the two"
    )
  }

  static func itemGivenTwice(_ file: String, key: String, name: String) -> Self {
    .init(
      .badData, at: .init(file: file, part: key), what: "the name '\(name)' is given twice",
      remedy: "give every class its own name")
  }
}
