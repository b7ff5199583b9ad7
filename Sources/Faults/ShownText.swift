extension String {
  /// The text as it may go to a terminal: what could steer one, or turn the direction of writing, is spelled out, like `\\u001b`.
  ///
  /// Names of nodes, tensors, classes and labels come from files that anybody may have written. The spelling is JSON's, so that JSON text
  /// means the same as before.
  ///
  /// - Parameter kept: control characters that stay, such as the newlines of a table.
  package func shown(keeping kept: Set<Unicode.Scalar> = []) -> String {
    guard unicodeScalars.contains(where: { $0.steersTerminal && !kept.contains($0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      guard scalar.steersTerminal, !kept.contains(scalar) else {
        text.unicodeScalars.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character (C0, delete, C1), a line or paragraph separator, or changes the direction of writing.
  fileprivate var steersTerminal: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
