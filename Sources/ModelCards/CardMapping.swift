package import PellucidFaults
internal import Yams

/// A mapping of the card, read key by key; what is wrong is said with the path of the key, such as `input.spacing[1]`.
///
/// A key without a value (`orientation:`, `~`, `null`) counts as absent.
package struct CardMapping {
  /// What stands under a key that takes a word or a mapping.
  enum Content {
    case section(CardMapping)
    case text(String)
  }

  /// Keys with a value, in the card's order.
  package let keys: [String]
  private let values: [String: Node]
  private let path: String
  private let file: String
  /// What the file is, in messages.
  private let noun: String

  /// - Throws: `.badData` where the node is no mapping with text for keys.
  init(_ node: Node, path: String, file: String, noun: String = "model card") throws(PellucidError) {
    self.noun = noun
    guard case .mapping(let mapping) = node else {
      throw .wrongValue(file, key: path, found: node.shown, wanted: "keys with values", noun: noun)
    }
    var keys: [String] = []
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw .wrongValue(
          file, key: path, found: "a key that is \(key.shown)", wanted: "words for keys", noun: noun)
      }
      guard values[name] == nil else { throw .keyGivenTwice(file, key: path.isEmpty ? name : "\(path).\(name)") }
      values[name] = value
      if !value.isAbsent { keys.append(name) }
    }
    self.keys = keys
    self.values = values
    self.path = path
    self.file = file
  }

  /// The path of a key.
  private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func value(_ key: String) -> Node? { values[key].flatMap { $0.isAbsent ? nil : $0 } }

  /// - Throws: `.badData` for the first key that is none of these, with the near misses.
  package func allow(_ known: [String]) throws(PellucidError) {
    for key in values.keys.sorted() where !known.contains(key) {
      throw .unknownKey(file, key: place(key), name: key, known: known, noun: noun)
    }
  }

  /// What is wrong with a key's value.
  package func wrong(_ key: String, wanted: String) -> PellucidError {
    .wrongValue(file, key: place(key), found: values[key]?.shown ?? "nothing", wanted: wanted, noun: noun)
  }

  /// Two keys that exclude each other.
  func clash(_ key: String, _ other: String) -> PellucidError { .keysClash(file, key: place(key), other: other) }

  /// An item of a list that was there before.
  func duplicate(_ key: String, _ index: Int, _ name: String) -> PellucidError {
    .itemGivenTwice(file, key: "\(place(key))[\(index)]", name: name)
  }

  /// A mapping; nil where absent.
  func section(_ key: String) throws(PellucidError) -> CardMapping? {
    guard let node = value(key) else { return nil }
    return try CardMapping(node, path: place(key), file: file, noun: noun)
  }

  /// A mapping; nil for anything else.
  func sectionUnlessNumbers(_ key: String) throws(PellucidError) -> CardMapping? {
    guard let node = value(key), case .mapping = node else { return nil }
    return try CardMapping(node, path: place(key), file: file, noun: noun)
  }

  /// A mapping or a word; nil where absent.
  func sectionOrText(_ key: String) throws(PellucidError) -> Content? {
    guard let node = value(key) else { return nil }
    if case .mapping = node { return .section(try CardMapping(node, path: place(key), file: file, noun: noun)) }
    return try text(key).map(Content.text)
  }

  /// A word or a line; nil where absent.
  package func text(_ key: String) throws(PellucidError) -> String? {
    guard let node = value(key) else { return nil }
    guard let text = node.scalar?.string, !text.isEmpty else { throw wrong(key, wanted: "a word") }
    return text
  }

  /// One of these words; nil where absent.
  package func text(_ key: String, among known: [String]) throws(PellucidError) -> String? {
    guard let text = try text(key) else { return nil }
    guard known.contains(text) else { throw .unknownWord(file, key: place(key), word: text, known: known) }
    return text
  }

  /// A case of an enumeration; nil where absent.
  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(PellucidError) -> Choice?
  where Choice.RawValue == String {
    try text(key, among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
  }

  /// true or false; nil where absent.
  package func truth(_ key: String) throws(PellucidError) -> Bool? {
    guard let node = value(key) else { return nil }
    guard let truth = node.bool else { throw wrong(key, wanted: "true or false") }
    return truth
  }

  /// A finite number; nil where absent.
  package func number(_ key: String) throws(PellucidError) -> Double? {
    guard let node = value(key) else { return nil }
    guard let number = node.number else { throw wrong(key, wanted: "a number") }
    return number
  }

  /// A number or a list of them; nil where absent.
  package func numbers(_ key: String) throws(PellucidError) -> [Double]? {
    guard let node = value(key) else { return nil }
    if let number = node.number { return [number] }
    guard node.sequence != nil else { throw wrong(key, wanted: "a number or a list of numbers") }
    return try items(key, node, wanted: "a number") { $0.number }
  }

  /// A list of words; nil where absent.
  func texts(_ key: String) throws(PellucidError) -> [String]? {
    guard let node = value(key) else { return nil }
    return try items(key, node, wanted: "a name") { $0.scalar?.string }
  }

  /// A word or a list of words; nil where absent.
  package func words(_ key: String) throws(PellucidError) -> [String]? {
    guard let node = value(key) else { return nil }
    if let text = node.scalar?.string, !text.isEmpty { return [text] }
    guard node.sequence?.isEmpty != true else { throw wrong(key, wanted: "a word or a list of words") }
    return try items(key, node, wanted: "a word") { $0.scalar?.string }
  }

  /// The items of a list, each as a mapping in which it stands under a key of its own, such as `mask[1]`; nil where the key has no list.
  /// - Parameter nested: whether a single value is a list itself, so that only a list of lists has items.
  func items(of key: String, nested: Bool) throws(PellucidError) -> [(section: CardMapping, key: String)]? {
    guard let sequence = value(key)?.sequence, !nested || sequence.first?.sequence != nil else { return nil }
    guard !sequence.isEmpty else { throw wrong(key, wanted: "a value, or a list with one a channel") }
    return sequence.enumerated().map { index, item in
      let own = "\(key)[\(index)]"
      return (CardMapping(keys: item.isAbsent ? [] : [own], values: [own: item], like: self), own)
    }
  }

  private init(keys: [String], values: [String: Node], like other: CardMapping) {
    self.keys = keys
    self.values = values
    path = other.path
    file = other.file
    noun = other.noun
  }

  /// Two numbers, the lower first; nil where absent.
  func pair(_ key: String, wanted: String) throws(PellucidError) -> [Double]? {
    guard let two = try numbers(key) else { return nil }
    guard two.count == 2, two[0] < two[1] else { throw wrong(key, wanted: wanted) }
    return two
  }

  /// A list of mappings; nil where absent.
  package func sections(_ key: String) throws(PellucidError) -> [CardMapping]? {
    guard let node = value(key) else { return nil }
    guard let sequence = node.sequence else { throw wrong(key, wanted: "a list, each item behind a dash") }
    var out: [CardMapping] = []
    for (index, item) in sequence.enumerated() {
      out.append(try CardMapping(item, path: "\(place(key))[\(index)]", file: file, noun: noun))
    }
    return out
  }

  /// Where the mapping stands in its file.
  package var position: String { path }

  /// Three numbers, or one that stands for all three; nil where absent.
  func triple(_ key: String, wanted: String, _ isValid: (Double) -> Bool) throws(PellucidError) -> [Double]? {
    guard let node = value(key) else { return nil }
    if let number = node.number, isValid(number) { return [number, number, number] }
    let three = "three numbers (for i, j, k), each \(wanted)"
    guard node.sequence?.count == 3 else { throw wrong(key, wanted: three) }
    return try items(key, node, wanted: wanted) { item in item.number.flatMap { isValid($0) ? $0 : nil } }
  }

  /// A number, or the name of a volume relative to the card's folder; nil where absent.
  func statistic(_ key: String) throws(PellucidError) -> Statistic? {
    if let number = value(key)?.number { return .number(number) }
    guard let name = try text(key) else { return nil }
    guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return .volume(name) }
    return .volume(file[...slash] + name)
  }

  /// The items of a list, each understood by `read`.
  private func items<Item>(
    _ key: String, _ node: Node, wanted: String, _ read: (Node) -> Item?
  ) throws(PellucidError) -> [Item] {
    guard let sequence = node.sequence else { throw wrong(key, wanted: "a list in brackets") }
    var out: [Item] = []
    for (index, item) in sequence.enumerated() {
      guard let read = read(item) else {
        throw .wrongValue(file, key: "\(place(key))[\(index)]", found: item.shown, wanted: wanted, noun: noun)
      }
      out.append(read)
    }
    return out
  }
}

extension Node {
  /// Whether nothing stands here: an unquoted empty scalar, `~` or `null`.
  var isAbsent: Bool { null != nil }

  /// A finite number; nil for anything else, also for numbers in quotes.
  var number: Double? {
    guard let scalar, scalar.style != .singleQuoted, scalar.style != .doubleQuoted else { return nil }
    guard let number = float, number.isFinite else { return nil }
    return number
  }

  /// What stands here, for a message.
  var shown: String {
    switch self {
    case .scalar(let scalar): scalar.string.count > 40 ? "'\(scalar.string.prefix(40))…'" : "'\(scalar.string)'"
    case .sequence(let sequence): "a list of \(sequence.count)"
    case .mapping: "a mapping"
    case .alias: "an alias"
    }
  }
}
