internal import PellucidFaults

/// A rule that a composite's file can name: its name, the parameters that it takes, and how it is made of them.
///
/// Its file in `Rules` has all of it; `NamedRule.all` has a line for it.
struct NamedRule: Sendable {
  /// A parameter in a composite's file.
  enum Parameter: Sendable, Equatable {
    /// A number from 0 to 1e6 with a default.
    case number(String, default: Double)
    /// A bound of the input, which must be given.
    case bound(String)
    /// What keeps denominators from 0.
    case stabilizer
    /// Whether biases take a share.
    case bias

    var name: String {
      switch self {
      case .number(let name, _), .bound(let name): name
      case .stabilizer: "stabilizer"
      case .bias: "bias"
      }
    }
  }

  let name: String
  let parameters: [Parameter]
  /// The rule; nil: the gradient.
  private let make: @Sendable (Values) throws(PellucidError) -> (any PropagationRule)?

  init(
    _ name: String, _ parameters: [Parameter],
    make: @escaping @Sendable (Values) throws(PellucidError) -> (any PropagationRule)?
  ) {
    self.name = name
    self.parameters = parameters
    self.make = make
  }

  /// The rules in the order in which they are listed.
  static let all: [NamedRule] = [
    .epsilon, .gamma, .zPlus, .alphaBeta, .zBox, .wSquare, .flat, .norm, .pass, .gradient, .bilinear, .softmax,
    .uniform,
  ]

  /// The values of a rule's parameters, as an entry gives them or by default.
  struct Values {
    fileprivate let entry: CompositeRecipe.Entry
    fileprivate let file: String
    fileprivate var numbers: [String: Float] = [:]

    subscript(name: String) -> Float { numbers[name] ?? 0 }
    var stabilizer: Float { self["stabilizer"] }
    var bias: Bool { entry.bias ?? true }

    /// An error at one of the parameters.
    func wrong(_ name: String, _ what: String, _ remedy: String) -> PellucidError {
      .recipeValue(file, "\(entry.place).\(name)", what, remedy)
    }

    fileprivate mutating func take(_ name: String, _ fallback: Double?, of rule: String) throws(PellucidError) {
      guard let value = entry.parameters[name] ?? fallback else {
        throw wrong(name, "the rule \(rule) needs \(name)", "give it a number")
      }
      // A parameter without a default is a bound of the input.
      guard fallback == nil ? Float(value).isFinite : (0...1e6).contains(value) else {
        throw wrong(
          name, "\(name) is \(value)",
          fallback == nil ? "give a bound of the input" : "give a number of at least 0, at most 1e6")
      }
      numbers[name] = Float(value)
    }
  }

  /// The rule of an entry; nil: the gradient.
  /// - Throws: `.badData` for an unknown rule, a parameter that it does not take, or a value out of range.
  static func rule(of entry: CompositeRecipe.Entry, file: String) throws(PellucidError) -> (any PropagationRule)? {
    guard let named = all.first(where: { $0.name == entry.rule }) else {
      throw .recipe(file, entry.place + ".rule", "there is no rule \(entry.rule)", entry.rule, all.map(\.name))
    }
    let known = named.parameters.map(\.name)
    let given = entry.parameters.keys.sorted() + (entry.bias == nil ? [] : ["bias"])
    for name in given where !known.contains(name) {
      throw .recipe(
        file, "\(entry.place).\(name)", "the rule \(named.name) takes no \(name)", name, known, noun: "it takes")
    }
    var values = Values(entry: entry, file: file)
    for parameter in named.parameters {
      switch parameter {
      case .number(let name, let fallback): try values.take(name, fallback, of: named.name)
      case .bound(let name): try values.take(name, nil, of: named.name)
      case .stabilizer: try values.take("stabilizer", 1e-6, of: named.name)
      case .bias: break
      }
    }
    return try named.make(values)
  }
}
