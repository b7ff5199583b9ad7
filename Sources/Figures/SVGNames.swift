/// Names within an SVG file that do not depend on what was drawn before.
enum SVGNames {
  /// The file with its names numbered by their first appearance.
  ///
  /// cairo numbers `image17`, `surface5` by a counter that runs through the whole process; the same figure would give other bytes
  /// the second time.
  static func renumbered(_ file: [UInt8]) -> [UInt8] {
    let markers = ["id=\"", "href=\"#", "url(#"].map { Array($0.utf8) }
    var names: [ArraySlice<UInt8>: [UInt8]] = [:]
    var out: [UInt8] = []
    out.reserveCapacity(file.count)
    var at = 0
    while at < file.count {
      out.append(file[at])
      at += 1
      guard let last = out.last, last == UInt8(ascii: "\"") || last == UInt8(ascii: "#"),
        markers.contains(where: { out.count >= $0.count && out[(out.count - $0.count)...].elementsEqual($0) })
      else { continue }
      let name = file[at...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ")") }
      let word = name.prefix { !isDigit($0) }
      let digits = name.dropFirst(word.count)
      guard !word.isEmpty, !digits.isEmpty, digits.allSatisfy(isDigit) else { continue }
      let renamed = names[name] ?? Array(word) + Array(String(names.count + 1).utf8)
      names[name] = renamed
      out += renamed
      at += name.count
    }
    return out
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
