/// A JSON value whose objects keep the order of their keys, so that what is written reads as it was meant and is the same in every run.
public enum JSONValue: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// A number; NaN and the infinities, which JSON lacks, are written as `null`.
  case number(Double)
  /// A number of single precision, written with as many digits as tell it from its neighbours; not finite: `null`.
  case single(Float)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// An object; keys in this order.
  case object([Member])

  /// A key of an object and its value.
  public struct Member: Sendable {
    /// The key.
    public var key: String
    /// Its value.
    public var value: JSONValue

    /// A key and its value.
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value of an object's key; nil where there is none.
  ///
  /// Setting an unknown key appends it, setting nil takes it out.
  public subscript(key: String) -> JSONValue? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.key == key }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let place = members.firstIndex { $0.key == key }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(key, value))
      case (nil, nil): break
      }
      self = .object(members)
    }
  }

  /// A list of whole numbers.
  public static func integers(_ values: [Int]) -> JSONValue { .array(values.map(JSONValue.integer)) }
  /// A list of numbers.
  public static func numbers(_ values: [Double]) -> JSONValue { .array(values.map(JSONValue.number)) }
  /// A list of single-precision numbers.
  public static func singles(_ values: [Float]) -> JSONValue { .array(values.map(JSONValue.single)) }
  /// A list of texts.
  public static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// A list.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object with its keys in the order of the literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSONValue: Equatable {
  /// Whether two values say the same: keys may stand in any order, and numbers count by their value, however they are held.
  public static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.null, .null): return true
    case (.bool(let x), .bool(let y)): return x == y
    case (.string(let x), .string(let y)): return x == y
    case (.array(let x), .array(let y)): return x == y
    case (.object(let x), .object(let y)):
      return x.count == y.count && x.allSatisfy { member in b[member.key].map { $0 == member.value } ?? false }
    default: return a.isSameNumber(as: b)
    }
  }

  private func isSameNumber(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.integer(let x), .integer(let y)): x == y
    case (.single(let x), .single(let y)): x == y
    case (.single(let x), .number(let y)), (.number(let y), .single(let x)): x == Float(y)
    case (.single(let x), .integer(let y)), (.integer(let y), .single(let x)): x == Float(y)
    case (.number(let x), .number(let y)): x == y
    case (.number(let x), .integer(let y)), (.integer(let y), .number(let x)): x == Double(y)
    default: false
    }
  }
}
