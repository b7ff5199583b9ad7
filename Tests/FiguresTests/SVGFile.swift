import PellucidFigures

/// The text of an SVG file, with its places.
struct SVGFile {
  struct Text {
    var words: String
    var x, y, size: Double
    var isUpwards: Bool
    var anchor: String
  }

  let texts: [Text]

  init(_ figure: some Figure) throws {
    let file = String(decoding: try figure.svg(), as: UTF8.self)
    texts = file.split(separator: "\n").filter { $0.hasPrefix("<text ") }.map { line in
      func attribute(_ name: String) -> String? {
        let parts = line.split(separator: " \(name)=\"", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : nil
      }
      func number(_ name: String) -> Double { attribute(name).flatMap { Double($0) } ?? .nan }
      var words = String(line.split(separator: ">", maxSplits: 1)[1].dropLast("</text>".count))
      for (escape, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        words = words.split(separator: escape, omittingEmptySubsequences: false).joined(separator: sign)
      }
      return Text(
        words: words, x: number("x"), y: number("y"), size: number("font-size"),
        isUpwards: attribute("transform") != nil, anchor: attribute("text-anchor") ?? "start")
    }
  }

  var words: [String] { texts.map(\.words) }
}

/// What a test needs to know of decoded pixels.
extension PNGPicture {
  /// How many pixels are of some kind.
  func count(where isWanted: (_ red: Int, _ green: Int, _ blue: Int) -> Bool) -> Int {
    stride(from: 0, to: rgb.count, by: 3).count { isWanted(Int(rgb[$0]), Int(rgb[$0 + 1]), Int(rgb[$0 + 2])) }
  }

  /// Pixels with a colour, as relevance has and anatomy has not.
  var coloured: Int { count { max($0, $1, $2) - min($0, $1, $2) > 40 } }

  /// Pixels of the remark that a map has nothing to show.
  var notices: Int { count { $0 == 0xf0 && $1 == 0xc0 && $2 == 0 } }
}
