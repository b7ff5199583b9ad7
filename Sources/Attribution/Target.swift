public import PellucidFaults
public import PellucidNetworks

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
}

/// The classes that a network tells apart, and how its logits become their scores.
public struct Classes: Hashable, Sendable {
  /// Names, where the model card gives them.
  public let names: [String]?
  /// How many.
  public let count: Int
  /// How logits become probabilities.
  public let activation: OutputActivation
  /// One output that tells two named classes apart: the first has −logit and 1 − p, the second +logit and p.
  public let isOneLogitForTwo: Bool

  /// - Parameters:
  ///   - outputs: the number of the network's values.
  ///   - names: the card's names; they must be as many as the outputs, or two for one output that is no softmax.
  /// - Throws: `.badData` where they are not.
  public init(outputs: Int, activation: OutputActivation, names: [String]?) throws(PellucidError) {
    isOneLogitForTwo = outputs == 1 && names?.count == 2 && activation != .softmax
    if let names, names.count != outputs, !isOneLogitForTwo {
      throw .classCount(names: names.count, outputs: outputs)
    }
    self.names = names
    self.count = isOneLogitForTwo ? 2 : outputs
    self.activation = activation
  }

  /// Whether the classes have probabilities; else their scores are the network's values and nothing more.
  public var haveProbabilities: Bool { activation != .none }

  /// A class's name, or its index where it has none.
  public func name(of index: Int) -> String { names?[index] ?? String(index) }

  /// The class with a name, or with an index where no class has that name.
  public func index(of text: String) -> Int? {
    if let found = names?.firstIndex(of: text) { return found }
    guard let index = Int(text), (0..<count).contains(index) else { return nil }
    return index
  }

  /// Scores of all classes (logits) from one image's outputs.
  public func scores(of outputs: [Float]) -> [Float] { isOneLogitForTwo ? [-outputs[0], outputs[0]] : outputs }

  /// Probabilities of all classes from one image's outputs; the scores where there is no activation.
  public func probabilities(of outputs: [Float]) -> [Float] {
    switch activation {
    case .none: return scores(of: outputs)
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
