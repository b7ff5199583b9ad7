/// Where everything of a montage stands on the page, points.
struct MontageLayout: Sendable {
  /// A slice and its box on the page.
  struct PlacedTile: Sendable {
    let tile: Montage.Tile
    let layer: Int?
    let area: PageRectangle
    /// Where the caption stands: at one height below all slices of a row.
    let captionBaseline: Double
    /// False where the same slice stands below with its caption.
    let isCaptioned: Bool
  }

  /// Sizes of type and gaps, points: readable at the size of a printed column.
  enum Measure {
    static let margin = 7.0
    static let title = 9.0
    static let subtitle = 7.0
    static let label = 6.0
    static let mark = 6.0
    static let foot = 5.0
    static let gap = 3.0
    static let bandGap = 5.0
    static let labelHeight = 8.5
    static let bar = 52.0
    static let bandName = 12.0
    static let notice = 14.0
    static let tallest = 210.0
    /// The shortest colour bar whose numbers can be read.
    static let leastBar = 48.0
  }

  /// A line of the title or the subtitle.
  struct TitleLine: Sendable {
    let text: String
    let isTitle: Bool
    let baseline: Double

    var size: Double { isTitle ? Measure.title : Measure.subtitle }
  }

  let width, height: Double
  let tiles: [PlacedTile]
  /// Where the rows of each band stand, for colour bars and names.
  let bands: [PageRectangle]
  /// The title and the subtitle.
  let titles: [TitleLine]
  /// Baseline of the first footnote.
  let footBaseline: Double
  /// Lines at the foot: convention, scale.
  let footnotes: [String]
  /// The named outlines: left end and baseline.
  let legend: [(outline: Contours.Outline, x: Double, y: Double)]

  init(
    bands: [Montage.Band], scales: [OverlayScale], labels: [String], box: WorldBox, notes: [String],
    options: MontageOptions
  ) {
    let annotated = options.annotated
    let page = options.width / 25.4 * 72
    let margin = annotated ? Measure.margin : 0
    let names = annotated ? BandName.room(for: bands.compactMap(\.name)).width : 0
    let bar =
      !annotated || bands.allSatisfy { $0.layer == nil }
      ? 0 : scales.allSatisfy { $0.emptiness != nil } ? Measure.notice : Measure.bar
    let labelHeight = annotated ? Measure.labelHeight : 0
    let rows = bands.flatMap(\.rows)
    let columns = rows.map(\.count).max() ?? 1

    // One scale for all slices, so that sizes compare; columns are as wide as their widest slice.
    let columnWidths = (0..<columns).map { column in
      rows.compactMap { column < $0.count ? box.extent($0[column].plane.horizontal) : nil }.max() ?? 1
    }
    let tallest = rows.joined().map { box.extent($0.plane.vertical) }.max() ?? 1
    let room = page - 2 * margin - names - bar - Measure.gap * Double(columns - 1)
    let scale = min(room / columnWidths.reduce(0, +), Measure.tallest / tallest)
    let content = columnWidths.reduce(0, +) * scale + Measure.gap * Double(columns - 1)
    width = min(page, max(content + 2 * margin + names + bar, annotated ? 160 : 0))
    let left = margin + names + max(0, (width - 2 * margin - names - bar - content) / 2)

    var y = margin
    titles = annotated ? Self.titles(options, from: y, room: width - 2 * margin) : []
    if let last = titles.last { y = last.baseline + 0.2 * last.size + 5 }

    var placed: [PlacedTile] = []
    var areas: [PageRectangle] = []
    for (index, band) in bands.enumerated() {
      if index > 0 { y += Measure.bandGap }
      // Flat slices have room above and below them, for a colour bar that can be read.
      let flat = band.rows.map { row in row.map { box.extent($0.plane.vertical) * scale }.max() ?? 0 }.reduce(0, +)
      let hasBar = annotated && band.layer.map { scales[$0].emptiness == nil } ?? false
      // Labels of bars below each other, with a power of ten, stay apart.
      let label =
        bands.count > 1 ? band.layer.map { 0.85 * (Canvas.width(of: labels[$0], size: Measure.label) + 40) } : 0
      let name = annotated ? BandName.room(for: band.name.map { [$0] } ?? []).height : 0
      let least = max(hasBar ? max(Measure.leastBar + 8, label ?? 0) : 0, name)
      let spare = band.rows.count == 1 ? max(0, least - flat) : 0
      let top = y
      y += spare / 2
      // The rows of a grid show the same slices; the last one says which.
      let isCaptioned = index == bands.count - 1 || bands[bands.count - 1].rows != band.rows || band.rows.count > 1
      let labelHeight = isCaptioned ? labelHeight : 0
      for row in band.rows {
        let height = row.map { box.extent($0.plane.vertical) * scale }.max() ?? 0
        var x = left
        for (column, tile) in row.enumerated() {
          let w = box.extent(tile.plane.horizontal) * scale
          let h = box.extent(tile.plane.vertical) * scale
          let area = PageRectangle(
            x: x + (columnWidths[column] * scale - w) / 2, y: y + (height - h) / 2, width: w, height: h)
          placed.append(
            PlacedTile(
              tile: tile, layer: band.layer, area: area, captionBaseline: y + height + Measure.label + 0.5,
              isCaptioned: isCaptioned))
          x += columnWidths[column] * scale + Measure.gap
        }
        y += height + labelHeight + (annotated ? Measure.gap : Measure.gap / 2)
      }
      y -= annotated ? Measure.gap : Measure.gap / 2
      y = max(y, y - labelHeight + spare / 2)
      areas.append(
        PageRectangle(x: left, y: top, width: content, height: spare > 0 ? flat + spare : y - top - labelHeight))
    }
    tiles = placed
    self.bands = areas
    footnotes = annotated ? Self.broken(notes, room: width - 2 * margin) : []
    legend =
      annotated
      ? Self.legend(options.contours?.outlines ?? [], from: (margin, y + Measure.label + 2), room: width - 2 * margin)
      : []
    if let last = legend.last { y = last.y + 2 }
    y += 3
    footBaseline = y + Measure.foot
    y += Double(footnotes.count) * (Measure.foot + 2)
    height = annotated ? y + margin - 2 : y - 3
  }

  private static func titles(_ options: MontageOptions, from top: Double, room: Double) -> [TitleLine] {
    var titles: [TitleLine] = []
    var y = top
    for (text, size, isTitle) in [(options.title, Measure.title, true), (options.subtitle, Measure.subtitle, false)] {
      let lines = text.map { TextLines.broken($0, size: size, weight: isTitle ? .bold : .regular, room: room) } ?? []
      for line in lines {
        titles.append(TitleLine(text: line, isTitle: isTitle, baseline: y + 0.8 * size))
        y += size + 3
      }
    }
    return titles
  }

  /// Notes in as few lines as they fit in, none broken.
  private static func broken(_ notes: [String], room: Double) -> [String] {
    var lines: [String] = []
    for note in notes {
      if let last = lines.last, Canvas.width(of: last + separator + note, size: Measure.foot) <= room {
        lines[lines.count - 1] = last + separator + note
      } else {
        lines.append(note)
      }
    }
    return lines
  }

  /// Named outlines side by side, in as many rows as they need.
  private static func legend(
    _ outlines: [Contours.Outline], from start: (x: Double, y: Double), room: Double
  ) -> [(outline: Contours.Outline, x: Double, y: Double)] {
    var placed: [(outline: Contours.Outline, x: Double, y: Double)] = []
    var (x, y) = start
    for outline in outlines {
      guard let name = outline.name else { continue }
      let wide = 12 + Canvas.width(of: name, size: Measure.label)
      if x > start.x, x + wide > start.x + room { (x, y) = (start.x, y + Measure.label + 3) }
      placed.append((outline, x, y))
      x += wide + 10
    }
    return placed
  }

  private static let separator = "  ·  "
}
