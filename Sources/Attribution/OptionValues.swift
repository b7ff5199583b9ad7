public import PellucidFaults

/// The values of a method's options as text, as a command line or a result's record has them.
///
/// A method's `init(_:)` turns them into its parameters, and its `settings(for:_:)` the other way round.
public struct OptionValues: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  private var given: [String: String]

  /// Values by option name.
  public init(_ given: [String: String] = [:]) { self.given = given }

  /// Values by option name.
  public init(dictionaryLiteral elements: (String, String)...) {
    given = Dictionary(elements) { $1 }
  }

  /// Names of the options that were given.
  public var names: [String] { given.keys.sorted() }

  /// The text given for an option; nil: not given.
  public func text(_ name: String) -> String? { given[name] }

  /// The text given for an option; nil: not given.
  public subscript(name: String) -> String? {
    get { given[name] }
    set { given[name] = newValue }
  }

  /// The values that belong to these options.
  public func restricted(to options: [MethodOption]) -> OptionValues {
    OptionValues(given.filter { pair in options.contains { $0.name == pair.key } })
  }

  /// Both together; where both have a value, the other's.
  public func merging(_ other: OptionValues) -> OptionValues { OptionValues(given.merging(other.given) { $1 }) }

  /// Whether an option without a value was given.
  public func flag(_ name: String) -> Bool { given[name] != nil }

  /// A finite number; nil: not given.
  public func number(_ name: String) throws(PellucidError) -> Float? {
    guard let text = given[name] else { return nil }
    guard let value = Float(text), value.isFinite else { throw .parameter(name, text, wanted: "a number") }
    return value
  }

  /// One whole number for all axes, or three, `i,j,k`, perhaps with blanks behind the commas; nil: not given.
  public func counts(_ name: String) throws(PellucidError) -> VoxelCounts? {
    guard let text = given[name] else { return nil }
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0.trimmingBlanks) }
    switch values.count {
    case 1: if let all = values[0] { return VoxelCounts(all) }
    case 3: if let i = values[0], let j = values[1], let k = values[2] { return VoxelCounts(i: i, j: j, k: k) }
    default: break
    }
    throw .parameter(name, text, wanted: VoxelCounts.wanted)
  }

  /// One of several words; nil: not given.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws(PellucidError) -> Choice?
  where Choice.RawValue == String {
    guard let text = given[name] else { return nil }
    guard let value = Choice(rawValue: text) else {
      throw .parameter(name, text, wanted: "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }
}

extension StringProtocol {
  /// The text without blanks at its ends.
  var trimmingBlanks: String {
    let rest = drop(while: \.isWhitespace)
    return String(rest.prefix(rest.count - rest.reversed().prefix(while: \.isWhitespace).count))
  }
}

extension Float {
  /// The number as an option's text, which reads back as the same number.
  var optionText: String { self == rounded() && magnitude < 1e7 ? "\(Int(self))" : "\(self)" }
}
