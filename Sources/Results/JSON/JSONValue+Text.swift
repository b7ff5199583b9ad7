internal import PellucidFiles

extension JSONValue {
  /// The value as JSON text.
  ///
  /// - Parameter pretty: true: a key a line, indented by two spaces, lists of plain values on one line; false: all on one line.
  /// - Returns: the text, without a newline at its end; numbers in the shortest form that reads back as the same. A byte of a file's name that
  ///   is no UTF-8 is the character U+10FF00 + byte, written as `\udbff\udf80` to `\udbff\udfff`: what reads it back finds the file
  ///   (`PathBytes`).
  public func text(pretty: Bool = false) -> String {
    var out = ""
    write(to: &out, pretty: pretty, indent: 0)
    return out
  }

  private var isPlain: Bool {
    switch self {
    case .array(let items): items.isEmpty
    case .object(let members): members.isEmpty
    default: true
    }
  }

  private func write(to out: inout String, pretty: Bool, indent: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += "\(value)"
    case .number(let value): out += value.isFinite ? Self.trimmed(value.description) : "null"
    case .single(let value): out += value.isFinite ? Self.trimmed(value.description) : "null"
    case .string(let value): Self.write(value, to: &out)
    case .array(let items):
      let lines = pretty && !items.allSatisfy(\.isPlain)
      Self.write(items, between: "[", "]", lines: lines, indent: indent, to: &out) { item, out, indent in
        item.write(to: &out, pretty: pretty, indent: indent)
      }
    case .object(let members):
      Self.write(members, between: "{", "}", lines: pretty, indent: indent, to: &out) { member, out, indent in
        Self.write(member.key, to: &out)
        out += ": "
        member.value.write(to: &out, pretty: pretty, indent: indent)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], between open: String, _ close: String, lines: Bool, indent: Int, to out: inout String,
    item write: (Item, inout String, Int) -> Void
  ) {
    out += open
    guard !items.isEmpty else {
      out += close
      return
    }
    for (position, item) in items.enumerated() {
      if position > 0 { out += lines ? "," : ", " }
      if lines { out += "\n" + String(repeating: " ", count: indent + 2) }
      write(item, &out, indent + 2)
    }
    if lines { out += "\n" + String(repeating: " ", count: indent) }
    out += close
  }

  /// `3.0` → `3`; `1e-05` and `-0.0` stay.
  private static func trimmed(_ text: String) -> String {
    text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
  }

  private static func write(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20 || PathBytes.isEscape(scalar):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
