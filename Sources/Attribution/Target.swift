public import Faults
public import Networks

/// Which scalar of a network's outputs is explained: a weighted sum of classes.
///
/// A class is the sum with one weight of 1; the difference A-B has weights 1 and −1.
public struct Target: Hashable, Sendable {
  /// What the user called it, such as `AD` or `AD-CN`.
  public let name: String
  /// Weight of each class.
  public let weights: [Float]
  /// The scale on which alone it has a meaning; nil: either.
  public let scale: ScoreKind?

  /// A weighted sum over classes.
  public init(name: String, weights: [Float], scale: ScoreKind? = nil) {
    self.name = name
    self.weights = weights
    self.scale = scale
  }

  /// The class at an index.
  public init(classIndex: Int, of classes: Classes) {
    var weights = Array(repeating: Float(0), count: classes.count)
    weights[classIndex] = 1
    self.init(name: classes.name(of: classIndex), weights: weights)
  }

  /// The class, where the target is one class with weight 1.
  public var classIndex: Int? {
    let used = weights.indices.filter { weights[$0] != 0 }
    return used.count == 1 && weights[used[0]] == 1 ? used[0] : nil
  }

  /// Reads `AD`, `1`, `AD-CN` or `0.5*AD + 0.5*MCI`.
  ///
  /// A class name is looked for first, so names that hold a `-` or `+` work as they are.
  /// - Throws: `.usage` for an unknown class, with near misses.
  public init(parsing text: String, classes: Classes) throws(PellucidError) {
    if let index = classes.index(of: text) {
      self.init(classIndex: index, of: classes)
      return
    }
    var weights = Array(repeating: Float(0), count: classes.count)
    var rest = text[...]
    var isFirst = true
    func skipSpaces() { while rest.first == " " { rest = rest.dropFirst() } }
    skipSpaces()
    while !rest.isEmpty {
      var sign: Float = 1
      if rest.hasPrefix("+") || rest.hasPrefix("-") {
        sign = rest.hasPrefix("-") ? -1 : 1
        rest = rest.dropFirst()
        skipSpaces()
      } else if !isFirst {
        throw .targetWithoutSign(text, before: String(rest))
      }
      guard let (term, length) = Self.term(rest, classes) else {
        let part = rest.prefix { $0 != "+" && $0 != "-" }
        throw .target(text, classes: classes, part: String(part.isEmpty ? rest : part))
      }
      weights[term.index] += sign * term.factor
      rest = rest.dropFirst(length)
      skipSpaces()
      isFirst = false
    }
    guard weights.contains(where: { $0 != 0 }) else { throw .targetOfNothing(text) }
    self.init(name: text, weights: weights)
  }

  /// The term at the start of `text` — the longest class name wins — and how many characters it takes.
  private static func term(_ text: Substring, _ classes: Classes) -> (term: (index: Int, factor: Float), length: Int)? {
    var factor: Float = 1
    var used = 0
    var rest = text
    if let star = text.firstIndex(of: "*"), let value = Float(text[..<star]), value.isFinite {
      factor = value
      used = text.distance(from: text.startIndex, to: star) + 1
      rest = text[text.index(after: star)...]
    }
    let names = (0..<classes.count).flatMap { index in [(classes.name(of: index), index), (String(index), index)] }
    let fitting = names.filter { name, _ in
      guard rest.hasPrefix(name) else { return false }
      let next = rest.dropFirst(name.count).first
      return next == nil || next == "+" || next == "-" || next == " "
    }
    guard let best = fitting.max(by: { $0.0.count < $1.0.count }) else { return nil }
    return ((best.1, factor), used + best.0.count)
  }
}

/// The classes that a network tells apart, and how its logits become their scores.
public struct Classes: Hashable, Sendable {
  /// Names, where the model card gives them.
  public let names: [String]?
  /// How many.
  public let count: Int
  /// How logits become probabilities.
  public let activation: OutputActivation
  /// One sigmoid output that tells two named classes apart: the first has −logit and 1 − p, the second +logit and p.
  public let isOneLogitForTwo: Bool

  /// - Parameters:
  ///   - outputs: the number of the network's values.
  ///   - names: the card's names; they must be as many as the outputs, or two for one sigmoid output.
  /// - Throws: `.badData` where they are not.
  public init(outputs: Int, activation: OutputActivation, names: [String]?) throws(PellucidError) {
    isOneLogitForTwo = outputs == 1 && names?.count == 2 && activation == .sigmoid
    if let names, names.count != outputs, !isOneLogitForTwo {
      throw .classCount(names: names.count, outputs: outputs)
    }
    self.names = names
    self.count = isOneLogitForTwo ? 2 : outputs
    self.activation = activation
  }

  /// A class's name, or its index where it has none.
  public func name(of index: Int) -> String { names?[index] ?? String(index) }

  /// The class with a name or index.
  public func index(of text: String) -> Int? {
    if let found = names?.firstIndex(of: text) { return found }
    guard let index = Int(text), (0..<count).contains(index) else { return nil }
    return index
  }

  /// Scores of all classes (logits) from one image's outputs.
  public func scores(of outputs: [Float]) -> [Float] { isOneLogitForTwo ? [-outputs[0], outputs[0]] : outputs }

  /// Probabilities of all classes from one image's outputs; the outputs themselves where there is no activation.
  public func probabilities(of outputs: [Float]) -> [Float] {
    switch activation {
    case .none: return outputs
    case .sigmoid: return scores(of: outputs).map { Float(1 / (1 + exponential(-Double($0)))) }
    case .softmax:
      let largest = Double(outputs.max() ?? 0)
      let powers = outputs.map { exponential(Double($0) - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { Float($0 / sum) }
    }
  }

  /// The class that the network answers: the largest score; nil for a single value.
  public func predicted(from outputs: [Float]) -> Int? {
    guard count > 1 else { return nil }
    let scores = scores(of: outputs)
    return scores.indices.max { scores[$0] < scores[$1] || (scores[$0] == scores[$1] && $0 > $1) }
  }
}
