public import PellucidFaults
internal import PellucidNetworks

extension Target {
  /// Reads `AD`, `1`, `AD-CN` or `0.5*AD + 0.5*MCI`.
  ///
  /// A class's name is looked for first, so names that hold a `-` or `+` work as they are; an index is meant where no class has that name.
  /// - Throws: `.usage` for an unknown class, with near misses, and for a sum that can be read in two ways, with both.
  public init(parsing text: String, classes: Classes) throws(PellucidError) {
    if let index = classes.index(of: text) {
      self.init(classIndex: index, of: classes)
      return
    }
    let readings = TargetFormula(text, classes).readings()
    if readings.count > 1 { throw .targetOfTwoReadings(text, readings[0].words, readings[1].words) }
    guard let weights = readings.first?.weights else { throw Self.fault(in: text, classes) }
    guard weights.contains(where: { $0 != 0 }) else { throw .targetOfNothing(text) }
    self.init(name: text, weights: weights)
  }

  /// What is wrong with a text that cannot be read: the first part that is no class, taking the longest names.
  private static func fault(in text: String, _ classes: Classes) -> PellucidError {
    let formula = TargetFormula(text, classes)
    var rest = text[...].drop { $0 == " " }
    var isFirst = true
    while !rest.isEmpty {
      if let sign = rest.first, sign == "+" || sign == "-" {
        rest = rest.dropFirst().drop { $0 == " " }
      } else if !isFirst {
        return .targetWithoutSign(text, before: String(rest))
      }
      guard let longest = formula.terms(at: rest).max(by: { $0.length < $1.length }) else { break }
      rest = rest.dropFirst(longest.length).drop { $0 == " " }
      isFirst = false
    }
    let part = rest.prefix { $0 != "+" && $0 != "-" }
    return .target(text, classes: classes, part: String(part.isEmpty ? rest : part))
  }
}

/// A weighted sum of classes in words, and all the ways to read it: names may hold signs and be numbers.
struct TargetFormula {
  /// A class with its weight.
  struct Term {
    var index: Int
    var factor: Float
    /// Characters of the text.
    var length: Int
  }

  /// One way to read the text.
  struct Reading {
    var weights: [Float]
    var words: String
  }

  private let text: String
  private let classes: Classes
  private let names: [(name: String, index: Int)]

  init(_ text: String, _ classes: Classes) {
    self.text = text
    self.classes = classes
    names = (0..<classes.count).flatMap { index -> [(String, Int)] in
      let name = classes.name(of: index)
      // An index is meant only where no class has that name.
      let isFree = classes.names?.contains(String(index)) != true
      return [(name, index)] + (isFree && name != String(index) ? [(String(index), index)] : [])
    }
  }

  /// The ways to read the text that mean different things; of more than two, two.
  func readings() -> [Reading] {
    var found: [Reading] = []
    var steps = 0
    func read(_ rest: Substring, _ reading: Reading) {
      steps += 1
      guard found.count < 2, steps < 10_000 else { return }
      var rest = rest.drop { $0 == " " }
      guard !rest.isEmpty else {
        if !reading.words.isEmpty, !found.contains(where: { $0.weights == reading.weights }) { found.append(reading) }
        return
      }
      var sign = ""
      if let first = rest.first, first == "+" || first == "-" {
        sign = String(first)
        rest = rest.dropFirst().drop { $0 == " " }
      } else if !reading.words.isEmpty {
        return
      }
      for term in terms(at: rest) {
        var next = reading
        next.weights[term.index] += sign == "-" ? -term.factor : term.factor
        let word = (term.factor == 1 ? "" : "\(term.factor) times ") + classes.name(of: term.index)
        next.words +=
          reading.words.isEmpty ? (sign == "-" ? "minus \(word)" : word) : (sign == "-" ? " minus " : " plus ") + word
        read(rest.dropFirst(term.length), next)
      }
    }
    read(text[...], Reading(weights: Array(repeating: 0, count: classes.count), words: ""))
    return found
  }

  /// The terms that can stand at the start of a text: a class's name with or without a factor before it.
  func terms(at text: Substring) -> [Term] {
    var found = names(at: text).map { Term(index: $0.index, factor: 1, length: $0.name.count) }
    if let star = text.firstIndex(of: "*"), let factor = Float(text[..<star]), factor.isFinite {
      let used = text.distance(from: text.startIndex, to: star) + 1
      found += names(at: text[text.index(after: star)...]).map {
        Term(index: $0.index, factor: factor, length: used + $0.name.count)
      }
    }
    return found
  }

  private func names(at text: Substring) -> [(name: String, index: Int)] {
    names.filter { name, _ in
      guard !name.isEmpty, text.hasPrefix(name) else { return false }
      let next = text.dropFirst(name.count).first
      return next == nil || next == "+" || next == "-" || next == " "
    }
  }
}

extension PellucidError {
  static func targetOfTwoReadings(_ text: String, _ one: String, _ other: String) -> Self {
    .init(
      .usage, what: "the target \(text) can be read in two ways", why: "as \(one), or as \(other)",
      remedy: "put blanks around the signs between classes, or write classes by their index")
  }
}
