public import Faults

/// An option of a method, as command line, help and provenance show it.
public struct MethodOption: Hashable, Sendable {
  /// Name without dashes.
  public let name: String
  /// What stands for the value in help, such as `N` or `i,j,k`.
  public let placeholder: String
  /// The default in words or numbers.
  public let fallback: String
  /// One line of help.
  public let help: String

  /// An option.
  public init(_ name: String, _ placeholder: String, default fallback: String, _ help: String) {
    self.name = name
    self.placeholder = placeholder
    self.fallback = fallback
    self.help = help
  }

  /// An option without a value, which is off unless it is given.
  public init(flag name: String, _ help: String) {
    self.init(name, "", default: "off", help)
  }

  /// Whether it takes no value.
  public var isFlag: Bool { placeholder.isEmpty }
}

/// The values that a user gave to a method's options; parsed and checked where a method asks for them.
public struct OptionValues: Hashable, Sendable {
  private var given: [String: String]
  /// What stands in the file that `composite` names; set by whoever reads files.
  public var recipe: CompositeRecipe?

  /// Values by option name.
  public init(_ given: [String: String] = [:]) { self.given = given }

  /// Names of the options that were given.
  public var names: [String] { given.keys.sorted() }

  /// The text given for an option; nil: not given.
  public func text(_ name: String) -> String? { given[name] }

  /// The values that belong to these options.
  public func restricted(to options: [MethodOption]) -> OptionValues {
    var copy = self
    copy.given = given.filter { pair in options.contains { $0.name == pair.key } }
    return copy
  }

  /// Whether an option without a value was given.
  public func flag(_ name: String) -> Bool { given[name] != nil }

  /// A finite number; nil: not given.
  public func number(_ name: String) throws(PellucidError) -> Float? {
    guard let text = given[name] else { return nil }
    guard let value = Float(text), value.isFinite else { throw .optionValue(name, text, wanted: "a number") }
    return value
  }

  /// A number within bounds.
  public func number(
    _ name: String, default fallback: Float, in bounds: ClosedRange<Float>, _ wanted: String
  ) throws(PellucidError) -> Float {
    guard let value = try number(name) else { return fallback }
    guard bounds.contains(value) else { throw .optionValue(name, given[name] ?? "", wanted: wanted) }
    return value
  }

  /// A whole number of at least `least` and at most `most`.
  public func integer(
    _ name: String, default fallback: Int, least: Int, most: Int = 1 << 31 - 1
  ) throws(PellucidError) -> Int {
    guard let text = given[name] else { return fallback }
    guard let value = Int(text), value >= least, value <= most else {
      throw .optionValue(
        name, text, wanted: "a whole number of at least \(least)" + (most < 1 << 31 - 1 ? " and at most \(most)" : ""))
    }
    return value
  }

  /// One positive whole number for all axes, or three, `i,j,k`; nil: not given.
  public func triple(_ name: String) throws(PellucidError) -> [Int]? {
    guard let text = given[name] else { return nil }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    // No axis is longer than that.
    let values = parts.compactMap { $0 }.filter { $0 > 0 }.map { min($0, 1 << 20) }
    guard values.count == parts.count, values.count == 1 || values.count == 3 else {
      throw .optionValue(name, text, wanted: "a positive whole number, or three as i,j,k")
    }
    return values.count == 1 ? [values[0], values[0], values[0]] : values
  }

  /// One of several words; `alternative` says what else may be given where the caller has looked for it already.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: Choice, alternative: String = ""
  ) throws(PellucidError) -> Choice where Choice.RawValue == String {
    guard let text = given[name] else { return fallback }
    guard let value = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .optionValue(name, text, wanted: "one of \(words)\(alternative)")
    }
    return value
  }
}
