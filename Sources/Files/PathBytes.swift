/// File names that are not UTF-8, as text and back.
///
/// A file system's names are bytes; text that is no UTF-8 would be repaired and then name no file. Here a byte that cannot be read becomes
/// a private character of its own (U+10FF80 to U+10FFFF), which ``cString(_:)`` turns back where a system call takes a path. Such a
/// character in a name itself is taken apart the same way, so that every name comes back as it was.
public enum PathBytes {
  /// The character of byte 0.
  private static let base: UInt32 = 0x10ff00

  /// A name's bytes as text.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if let plain = String(validating: bytes, as: UTF8.self), !holdsEscapes(plain) { return plain }
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
      let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars
      if let scalar, scalar.count == 1, let one = scalar.first, !isEscape(one) {
        text.append(one)
        rest = rest.dropFirst(length)
      } else {
        if let escape = Unicode.Scalar(base + UInt32(first)) { text.append(escape) }
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  /// The bytes of a name that was made by ``text(_:)``, or of any other.
  public static func bytes(_ text: String) -> [UInt8] {
    guard holdsEscapes(text) else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if isEscape(scalar) {
        bytes.append(UInt8(scalar.value - base))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }

  /// A path as system calls take it: its bytes, and a zero.
  public static func cString(_ path: String) -> [CChar] {
    bytes(path).map { CChar(bitPattern: $0) } + [0]
  }

  /// The text as people and other programs can read it: bytes that are no letters become `�`.
  public static func shown(_ text: String) -> String {
    guard holdsEscapes(text) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { shown.append(isEscape(scalar) ? "\u{fffd}" : scalar) }
    return String(shown)
  }

  /// Whether a character stands for a byte that is no UTF-8.
  package static func isEscape(_ scalar: Unicode.Scalar) -> Bool { (0x10ff80...0x10ffff).contains(scalar.value) }

  private static func holdsEscapes(_ text: String) -> Bool {
    // All of the last plane begin with this byte, and hardly anything else does.
    text.utf8.contains(0xf4) && text.unicodeScalars.contains(where: isEscape)
  }
}
