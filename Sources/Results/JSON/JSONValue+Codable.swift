extension JSONValue: Codable {
  /// Reads any JSON value. (Foundation's decoder does not tell the order of an object's keys: they come sorted.)
  public init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: JSONKey.self) {
      self = .object(
        try object.allKeys.map(\.stringValue).sorted().map {
          Member($0, try object.decode(JSONValue.self, forKey: JSONKey($0)))
        })
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var items: [JSONValue] = []
      while !list.isAtEnd { items.append(try list.decode(JSONValue.self)) }
      self = .array(items)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let truth = try? value.decode(Bool.self) {
      self = .bool(truth)
    } else if let whole = try? value.decode(Int.self) {
      self = .integer(whole)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  /// Writes the value as it is.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var object = encoder.container(keyedBy: JSONKey.self)
      for member in members { try object.encode(member.value, forKey: JSONKey(member.key)) }
    case .array(let items):
      var list = encoder.unkeyedContainer()
      for item in items { try list.encode(item) }
    default:
      var value = encoder.singleValueContainer()
      switch self {
      case .bool(let truth): try value.encode(truth)
      case .integer(let whole): try value.encode(whole)
      case .number(let number) where number.isFinite: try value.encode(number)
      case .single(let number) where number.isFinite: try value.encode(number)
      case .string(let text): try value.encode(text)
      default: try value.encodeNil()
      }
    }
  }
}

/// Any key of an object.
struct JSONKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ text: String) { stringValue = text }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

extension JSONValue {
  /// Any value as JSON whose keys stand in the order in which they are encoded, where Foundation's encoder sorts or shuffles them.
  ///
  /// - Precondition: it is made of texts, numbers, truths, lists and keyed values, whose encoding does not throw.
  package init(of value: some Encodable) {
    let box = JSONBox()
    do { try box.put(value, []) } catch { preconditionFailure("a record is plain values: \(error)") }
    self = box.value
  }
}

/// Where an encoder puts what it is given.
private final class JSONBox {
  var members: [(key: String, box: JSONBox)]?
  var items: [JSONBox]?
  var plain = JSONValue.null

  var value: JSONValue {
    if let members { return .object(members.map { .init($0.key, $0.box.value) }) }
    if let items { return .array(items.map(\.value)) }
    return plain
  }

  func child(_ key: String) -> JSONBox {
    let box = JSONBox()
    members = (members ?? []) + [(key, box)]
    return box
  }

  func next() -> JSONBox {
    let box = JSONBox()
    items = (items ?? []) + [box]
    return box
  }

  func put(_ value: some Encodable, _ path: [any CodingKey]) throws {
    switch value {
    case let json as JSONValue: plain = json
    case let text as String: plain = .string(text)
    case let truth as Bool: plain = .bool(truth)
    case let number as Double: plain = .number(number)
    case let number as Float: plain = .single(number)
    case let number as any BinaryInteger: plain = .integer(Int(number))
    default: try value.encode(to: JSONBoxEncoder(box: self, codingPath: path))
    }
  }
}

private struct JSONBoxEncoder: Encoder, SingleValueEncodingContainer {
  let box: JSONBox
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    box.members = box.members ?? []
    return KeyedEncodingContainer(Keyed(box: box, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    box.items = box.items ?? []
    return Unkeyed(box: box, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { box.plain = .null }
  func encode<T: Encodable>(_ value: T) throws { try box.put(value, codingPath) }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let box: JSONBox
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) throws { _ = box.child(key.stringValue) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
      try box.child(key.stringValue).put(value, codingPath + [key])
    }
    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
      JSONBoxEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      JSONBoxEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { JSONBoxEncoder(box: box.child("super"), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder {
      JSONBoxEncoder(box: box.child(key.stringValue), codingPath: codingPath + [key])
    }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let box: JSONBox
    let codingPath: [any CodingKey]
    var count: Int { box.items?.count ?? 0 }

    func encodeNil() throws { _ = box.next() }
    func encode<T: Encodable>(_ value: T) throws { try box.next().put(value, codingPath) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      JSONBoxEncoder(box: box.next(), codingPath: codingPath).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      JSONBoxEncoder(box: box.next(), codingPath: codingPath).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { JSONBoxEncoder(box: box.next(), codingPath: codingPath) }
  }
}
