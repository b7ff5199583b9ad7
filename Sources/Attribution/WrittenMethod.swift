internal import PellucidFaults

/// A method with options as it is written: `NAME`, `NAME:OPTION=VALUE:…`, `NAME:FLAG`.
struct WrittenMethod {
  let text: String
  let method: any AttributionMethod.Type
  let values: OptionValues

  /// - Throws: `.usage` for an unknown method or option, an option without its value or given twice, and a flag with one.
  init(_ text: String) throws(PellucidError) {
    self.text = text
    let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
    let method = try MethodCatalogue.method(named: pieces[0].trimmingBlanks)
    self.method = method
    var parts: [String] = []
    for piece in pieces.dropFirst() {
      if let last = parts.last, last.contains("="), Self.kind(of: piece) == .rest {
        parts[parts.count - 1] = last + ":" + piece
      } else {
        parts.append(String(piece))
      }
    }
    var values = OptionValues()
    for part in parts {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = pair[0].trimmingBlanks
      guard !name.isEmpty else { throw .variantOption(text, part) }
      try MethodCatalogue.check(options: [name], of: [method])
      let isFlag = method.options.contains { $0.name == name && $0.isFlag }
      guard isFlag == (pair.count == 1), isFlag || !pair[1].trimmingBlanks.isEmpty else {
        throw .variantOption(text, part, isFlag: isFlag)
      }
      guard values[name] == nil else { throw .variantOptionTwice(text, name) }
      if !isFlag, let comma = Self.optionBehindComma(pair[1], of: method) {
        throw .commaForColon(text, name, pair[1], option: comma)
      }
      values[name] = isFlag ? "on" : pair[1].trimmingBlanks
    }
    self.values = values
  }

  /// The option of the method that a value has behind a comma, as in `patch=8,stride=4`; nil: none.
  private static func optionBehindComma(_ value: String, of method: any AttributionMethod.Type) -> String? {
    value.split(separator: ",").dropFirst().lazy.compactMap { piece in
      let name = piece.prefix { $0 != "=" }.trimmingBlanks
      return piece.contains("=") && method.options.contains { $0.name == name } ? name : nil
    }.first
  }

  /// What stands behind a colon.
  private enum Piece { case value, flag, nothing, rest }

  /// An option with its value (even where no method has such an option), a flag, nothing, or the rest of the value before the colon.
  private static func kind(of piece: Substring) -> Piece {
    let name = piece.prefix { $0 != "=" }.trimmingBlanks
    if piece.contains("=") {
      return name.allSatisfy { $0 == "-" || ("a"..."z").contains($0) } ? .value : .rest
    }
    if name.isEmpty { return .nothing }
    return MethodCatalogue.methods.contains { $0.options.contains { $0.isFlag && $0.name == name } } ? .flag : .rest
  }

  /// The methods of a list: a comma begins one only before a method's name, and where no value stands before it.
  static func parts(of text: String) -> [String] {
    var parts: [String] = []
    for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
      let head = piece.prefix { $0 != ":" }.trimmingBlanks
      if let last = parts.last, endsInValue(last), !MethodCatalogue.isMethod(head) {
        parts[parts.count - 1] = last + "," + piece
      } else if !piece.allSatisfy(\.isWhitespace) {
        parts.append(String(piece))
      }
    }
    return parts
  }

  private static func endsInValue(_ text: String) -> Bool {
    let kinds = text.split(separator: ":", omittingEmptySubsequences: false).dropFirst().map(kind)
    return kinds.last { $0 != .rest } == .value
  }
}

extension PellucidError {
  static func variantOption(_ text: String, _ part: String, isFlag: Bool = false) -> Self {
    if isFlag {
      return .init(
        .usage, what: "\(part.prefix { $0 != "=" }) in the method \(text) takes no value",
        remedy: "write it as lrp:conservation")
    }
    return .init(
      .usage, what: "\(part.isEmpty ? "a colon" : part) in the method \(text) is not OPTION=VALUE",
      remedy: "write it as lrp:composite=epsilon")
  }

  static func commaForColon(_ text: String, _ option: String, _ value: String, option next: String) -> Self {
    .init(
      .usage, what: "the method \(text) has \(next) behind a comma, inside the value of \(option)",
      why: "options are parted by colons, methods by commas",
      remedy: "write it as \(option)=\(value.prefix { $0 != "," }):\(next)=…")
  }

  static func variantOptionTwice(_ text: String, _ option: String) -> Self {
    .init(.usage, what: "the method \(text) is given \(option) twice", remedy: "keep one of them")
  }
}
