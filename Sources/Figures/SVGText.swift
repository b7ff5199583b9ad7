internal import PellucidTables

/// Text of an SVG file as text, so that it can be searched and edited, and keeps its letters in another font.
///
/// cairo draws letters as outlines. A canvas that has such a list puts its text here instead; it stands over everything else, as it does in
/// all our figures.
struct SVGText: Sendable {
  private var elements: [String] = []

  /// Adds a line of text; places in points.
  mutating func add(
    _ text: String, x: Double, y: Double, size: Double, _ colour: Colour, alignment: Canvas.Alignment,
    weight: Canvas.Weight, quarterTurn: Bool, halo: Colour?
  ) {
    guard !text.isEmpty else { return }
    let place = "\(Self.number(x))\" y=\"\(Self.number(y))"
    var element = "<text x=\"\(place)\" font-size=\"\(Self.number(size))\" fill=\"\(Self.hex(colour))\""
    switch alignment {
    case .left: break
    case .centre: element += " text-anchor=\"middle\""
    case .right: element += " text-anchor=\"end\""
    }
    if weight == .bold { element += " font-weight=\"bold\"" }
    if quarterTurn { element += " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" }
    if let halo {
      element += " stroke=\"\(Self.hex(halo))\" stroke-width=\"\(Self.number(0.2 * size))\""
      element += " stroke-linejoin=\"round\" paint-order=\"stroke\""
    }
    elements.append(element + ">\(Self.escaped(text))</text>")
  }

  /// The file with title, description and text in it.
  func added(to file: [UInt8], texts: [(key: String, text: String)]) -> [UInt8] {
    let end = Array("</svg>".utf8)
    guard let place = file.indices.last(where: { file[$0...].starts(with: end) }) else { return file }
    var head = ""
    for (key, element) in [("Title", "title"), ("Description", "desc")] {
      guard let text = texts.first(where: { $0.key == key })?.text else { continue }
      head += "<\(element)>\(Self.escaped(text))</\(element)>\n"
    }
    // A title counts only as the first child of the picture.
    let root = file.indices.first { file[$0...].starts(with: "<svg".utf8) } ?? 0
    let open = file[root...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? 0
    // The font that cairo measured with first; narrower ones fit as well.
    let fonts = "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\" xml:space=\"preserve\""
    let group = "<g \(fonts)>\n" + elements.joined(separator: "\n") + "\n</g>\n"
    return file[..<open] + Array(("\n" + head).utf8) + file[open..<place] + Array(group.utf8) + file[place...]
  }

  private static func number(_ value: Double) -> String {
    NumberText.fixed(value, decimals: 2).map { $0 == "−" ? "-" : String($0) }.joined()
  }

  private static func hex(_ colour: Colour) -> String {
    let digits = String(colour.packed, radix: 16)
    return "#" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Text without what XML takes for its own, and without what it cannot hold.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped += " "
      case "\0"..<" ", "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
