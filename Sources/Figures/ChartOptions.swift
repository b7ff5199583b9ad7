internal import PellucidFaults

/// What charts have in common.
public struct ChartOptions: Sendable {
  /// First line, bold [none].
  public var title: String?
  /// Second line [none].
  public var subtitle: String?
  /// What the numbers are, with their unit [relevance].
  public var label = "relevance"
  /// Width of the page, mm [120].
  public var width = 120.0
  /// Pixels an inch of the PNG [300].
  public var dotsPerInch = 300.0
  /// Black or white page [white].
  public var background = MontageOptions.Background.white
  /// Colours: the ends of a diverging map [nil: `RdBu_r`].
  public var colourMap: ColourMap?
  /// The number at the end of the scale [nil: the largest magnitude].
  public var limit: Double?

  /// The defaults.
  public init() {}

  /// Refuses what cannot be drawn.
  func check() throws(PellucidError) {
    if !(width >= 40 && width <= 1000) { throw .optionOutOfRange("width", "\(width)", wants: "40 to 1000 mm") }
    if !(dotsPerInch >= 36 && dotsPerInch <= 2400) {
      throw .optionOutOfRange("dots per inch", "\(dotsPerInch)", wants: "36 to 2400")
    }
    if let limit, !(limit > 0 && limit.isFinite) {
      throw .optionOutOfRange("limit", "\(limit)", wants: "a positive number")
    }
  }

  /// Width of the page, points.
  var pageWidth: Double { width / 25.4 * 72 }

  /// Height that the titles take, points.
  var titleHeight: Double {
    let lines = titles
    return lines.isEmpty ? 0 : lines.reduce(4) { $0 + $1.height }
  }

  /// The title's and the subtitle's lines.
  private var titles: [(text: String, isTitle: Bool, height: Double)] {
    let room = pageWidth - 2 * Self.margin
    let first = title.map { TextLines.broken($0, size: 9, weight: .bold, room: room) } ?? []
    let second = subtitle.map { TextLines.broken($0, size: 7, room: room) } ?? []
    return first.map { ($0, true, 12) } + second.map { ($0, false, 10) }
  }

  /// Title and description for the file.
  var texts: [(key: String, text: String)] {
    [title.map { (key: "Title", text: $0) }, subtitle.map { (key: "Description", text: $0) }].compactMap { $0 }
  }

  var map: ColourMap { colourMap ?? ColourMap.signedPale }

  var palette: (page: Colour, text: Colour, faint: Colour) {
    background == .black
      ? (Colour(grey: 0), Colour(grey: 0.93), Colour(grey: 0.35))
      : (Colour(grey: 1), Colour(grey: 0.1), Colour(grey: 0.85))
  }

  /// Page and titles.
  func drawFrame(on canvas: Canvas, height: Double) {
    canvas.fill(PageRectangle(x: 0, y: 0, width: pageWidth + 1, height: height + 1), palette.page)
    var y = Self.margin
    for line in titles {
      let colour = line.isTitle ? palette.text : palette.text.mixed(with: palette.page, part: 0.35)
      canvas.fitted(
        line.text, x: Self.margin, y: y + (line.isTitle ? 7.5 : 6), size: line.isTitle ? 9 : 7, colour,
        room: pageWidth - 2 * Self.margin, weight: line.isTitle ? .bold : .regular)
      y += line.height
    }
  }

  static let margin = 7.0
}
