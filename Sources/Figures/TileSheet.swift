public import PellucidFaults
internal import PellucidTables

/// Small pictures in rows and columns, each with a line below it: channels of a layer, kernels of a filter, heads of an attention.
public struct TileSheet: Figure {
  /// A colour and what it stands for.
  public struct Key: Sendable, Hashable {
    /// What it stands for.
    public var name: String
    /// The colour.
    public var colour: Colour

    /// A colour and what it stands for.
    public init(name: String, colour: Colour) { (self.name, self.colour) = (name, colour) }
  }

  private let tiles: [Tile]
  private let options: ChartOptions
  private let columns: Int
  private let bar: OverlayScale?
  private let isOpaque: Bool
  private let keys: [Key]
  private let foot: String?

  /// A sheet of tiles.
  ///
  /// - Parameters:
  ///   - columns: tiles a row.
  ///   - bar: the values at the ends of the one colour bar, which the options' label names; nil: there is none.
  ///   - isOpaque: whether the colours lie over nothing, and the bar shows them as they are.
  ///   - keys: colours that are named below the tiles.
  ///   - foot: a line below everything.
  /// - Throws: `.usage` where an option is out of range, or there are more than 600 tiles.
  public init(
    _ tiles: [Tile], columns: Int, bar: ClosedRange<Double>? = nil, isOpaque: Bool = false, keys: [Key] = [],
    foot: String? = nil,
    options: ChartOptions = ChartOptions()
  ) throws(PellucidError) {
    try options.check()
    if tiles.count > 600 { throw .optionOutOfRange("tiles", "\(tiles.count)", wants: "at most 600") }
    (self.tiles, self.options, self.keys, self.foot) = (tiles, options, keys, foot)
    self.isOpaque = isOpaque
    self.columns = max(1, min(columns, tiles.count))
    self.bar = bar.map { Tile.scale($0, map: options.colourMap) }
  }

  private static let gap = 4.0
  private static let size = 6.0
  private static let captionHeight = 9.0

  private var barWidth: Double { bar == nil ? 0 : 52 }

  /// Width of a column, points.
  private var cell: Double {
    let room = options.pageWidth - 2 * ChartOptions.margin - barWidth
    return (room - Self.gap * Double(columns - 1)) / Double(columns)
  }

  private var rows: [[Tile]] {
    stride(from: 0, to: tiles.count, by: columns).map { Array(tiles[$0..<min(tiles.count, $0 + columns)]) }
  }

  /// Points a unit of the tiles' extents: one for all, so that sizes compare; no tile is taller than 1.6 columns.
  private var unit: Double {
    let widest = tiles.map(\.width).max() ?? 1
    let tallest = tiles.map(\.height).max() ?? 1
    return min(cell / widest, 1.6 * cell / tallest)
  }

  private func height(of row: [Tile]) -> Double {
    (row.map(\.height).max() ?? 1) * unit + (row.contains { $0.caption != nil } ? Self.captionHeight : 0) + Self.gap
  }

  private var tilesHeight: Double { max(rows.reduce(0) { $0 + height(of: $1) }, bar == nil ? 0 : 78) }

  private var keyLines: [[Key]] {
    var lines: [[Key]] = []
    var used = Double.infinity
    for key in keys {
      let width = Canvas.width(of: key.name, size: Self.size) + 22
      if used + width > options.pageWidth - 2 * ChartOptions.margin {
        lines.append([])
        used = 0
      }
      lines[lines.count - 1].append(key)
      used += width
    }
    return lines
  }

  private var footLines: [String] {
    foot.map { TextLines.broken($0, size: Self.size, room: options.pageWidth - 2 * ChartOptions.margin, most: 4) } ?? []
  }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    let below = 10 * Double(keyLines.count) + 9 * Double(footLines.count)
    return (options.pageWidth, 2 * ChartOptions.margin + options.titleHeight + tilesHeight + below)
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  /// Draws the sheet.
  public func draw(on canvas: Canvas) {
    let (margin, (page, text, _)) = (ChartOptions.margin, options.palette)
    let soft = text.mixed(with: page, part: 0.35)
    options.drawFrame(on: canvas, height: pageSize.height)
    let top = margin + options.titleHeight
    var y = top
    for row in rows {
      let tallest = (row.map(\.height).max() ?? 1) * unit
      for (column, tile) in row.enumerated() {
        let x = margin + Double(column) * (cell + Self.gap) + (cell - tile.width * unit) / 2
        let scale = canvas.pixelsPerPoint
        let width = max(1, Int((tile.width * unit * scale).rounded()))
        let height = max(1, Int((tile.height * unit * scale).rounded()))
        let area = PageRectangle(
          x: canvas.snapped(x), y: canvas.snapped(y + (tallest - tile.height * unit) / 2),
          width: Double(width) / scale, height: Double(height) / scale)
        canvas.image(tile.image(width, height, page), in: area)
        if let marks = tile.marks {
          canvas.text(marks.left, x: area.x + 1, y: area.y + Self.size, size: Self.size, soft, halo: page)
          canvas.text(
            marks.right, x: area.right - 1, y: area.y + Self.size, size: Self.size, soft, alignment: .right, halo: page)
        } else {
          canvas.outline(area, options.palette.faint, width: 0.4)
        }
        if let caption = tile.caption {
          let width = min(cell, canvas.width(of: caption, size: Self.size))
          canvas.fitted(
            caption, x: margin + Double(column) * (cell + Self.gap) + (cell - width) / 2, y: y + tallest + 7,
            size: Self.size, text, room: cell)
        }
      }
      y += height(of: row)
    }
    if let bar {
      let height = min(max(60, tilesHeight - 20), 140)
      let area = PageRectangle(
        x: options.pageWidth - margin - barWidth + 10, y: top + max(0, (min(tilesHeight, 300) - height) / 2), width: 7,
        height: height)
      if isOpaque {
        var pixels = PixelImage(width: 1, height: 256)
        for step in 0..<256 {
          pixels.argb[step] = 0xff00_0000 | bar.map.colour(at: 1 - (Double(step) + 0.5) / 256).packed
        }
        canvas.image(pixels, in: area)
        ScaleNumbers(
          low: Double(bar.low), high: Double(bar.high), label: options.label, bar: area, room: (0, pageSize.height)
        ).draw(on: canvas, text)
      } else {
        ColourBar(scale: bar, label: options.label, area: area).draw(
          on: canvas, text: text, room: (0, pageSize.height))
      }
    }
    y = top + tilesHeight + 5
    for line in keyLines {
      var x = margin
      for key in line {
        canvas.fill(PageRectangle(x: x, y: y - 5, width: 7, height: 6), key.colour)
        canvas.text(key.name, x: x + 10, y: y, size: Self.size, text)
        x += canvas.width(of: key.name, size: Self.size) + 22
      }
      y += 10
    }
    for line in footLines {
      canvas.text(line, x: margin, y: y, size: Self.size, soft)
      y += 9
    }
  }
}
