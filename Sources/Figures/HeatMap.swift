public import PellucidFaults
internal import PellucidTables

/// A table of numbers as colours: methods across, regions down.
public struct HeatMap: Figure {
  private let rows, columns: [String]
  private let values: [[Double]]
  private let options: ChartOptions
  private let decimals: Int?

  /// A heat map; values that are not finite stay empty.
  /// - Parameters:
  ///   - rows: names at the left, such as regions.
  ///   - columns: names above, such as methods.
  ///   - values: a list a row, a value a column.
  ///   - decimals: digits after the point of the numbers written into the cells; nil: none are.
  /// - Throws: `.usage` where an option is out of range or there are more than 500 rows or 60 columns.
  /// - Precondition: `values` has as many rows and columns as there are names.
  public init(
    rows: [String], columns: [String], values: [[Double]], options: ChartOptions = ChartOptions(),
    decimals: Int? = nil
  ) throws(PellucidError) {
    precondition(
      values.count == rows.count && values.allSatisfy { $0.count == columns.count }, "values do not fill the table")
    try options.check()
    if rows.count > 500 { throw .optionOutOfRange("rows", "\(rows.count)", wants: "at most 500") }
    if columns.count > 60 { throw .optionOutOfRange("columns", "\(columns.count)", wants: "at most 60") }
    (self.rows, self.columns, self.values, self.options) = (rows, columns, values, options)
    self.decimals = decimals
  }

  private static let rowHeight = 11.0
  private static let size = 7.0

  private func widest(_ names: [String]) -> Double { names.map { Canvas.width(of: $0, size: Self.size) }.max() ?? 0 }

  /// Room of the names at the left, at most 45 % of the page.
  private var namesWidth: Double { min(1.02 * widest(rows) + 1, 0.45 * options.pageWidth) }

  /// Left end of the table and width of a cell.
  private var cells: (left: Double, width: Double) {
    let left = ChartOptions.margin + namesWidth + 5
    return (left, (options.pageWidth - ChartOptions.margin - 48 - left) / Double(max(1, columns.count)))
  }

  /// True where the names above would not fit side by side and are written upwards.
  private var upwards: Bool { widest(columns) > cells.width - 4 }

  private var headHeight: Double { upwards ? widest(columns) + 5 : Self.size + 5 }

  private var tableHeight: Double { Double(rows.count) * Self.rowHeight }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (options.pageWidth, 2 * ChartOptions.margin + options.titleHeight + headHeight + max(tableHeight, 60))
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  /// Draws the table.
  public func draw(on canvas: Canvas) {
    let (margin, size) = (ChartOptions.margin, Self.size)
    let (page, text, faint) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    let top = margin + options.titleHeight + headHeight
    let finite = values.joined().filter(\.isFinite)
    guard !finite.isEmpty else {
      canvas.text("no values", x: margin, y: top, size: size, text)
      return
    }
    let (left, cell) = cells
    let right = left + cell * Double(columns.count)
    let reach = options.limit ?? max(finite.map(\.magnitude).max() ?? 1, .leastNormalMagnitude)
    let signed = finite.contains { $0 < 0 }
    func colour(_ value: Double) -> Colour {
      let part = min(1, max(-1, value / reach))
      return options.map.colour(at: 0.5 + 0.5 * part)
    }
    for (column, name) in columns.enumerated() {
      let x = left + (Double(column) + 0.5) * cell
      if upwards {
        canvas.text(name, x: x + size * 0.36, y: top - 3, size: size, text, quarterTurn: true)
      } else {
        canvas.text(name, x: x, y: top - 4, size: size, text, alignment: .centre)
      }
    }
    for (row, name) in rows.enumerated() {
      let y = top + Double(row) * Self.rowHeight
      canvas.fitted(name, x: left - 4, y: y + 7.9, size: size, text, room: namesWidth + 1, alignment: .right)
      for (column, value) in values[row].enumerated() {
        let area = PageRectangle(x: left + Double(column) * cell, y: y, width: cell, height: Self.rowHeight)
        canvas.fill(area, value.isFinite ? colour(value) : faint)
        canvas.outline(area, page, width: 0.5)
        guard let decimals else { continue }
        let number = value.isFinite ? NumberText.fixed(value, decimals: decimals) : "n/a"
        let ink = value.isFinite ? colour(value).contrast : text
        canvas.text(number, x: area.centreX, y: y + 7.9, size: size, ink, alignment: .centre)
      }
    }
    let bar = PageRectangle(x: right + 8, y: top, width: 7, height: min(max(tableHeight, 50), 140))
    var pixels = PixelImage(width: 1, height: 256)
    let low = signed ? -reach : 0
    for step in 0..<256 {
      pixels.argb[step] = 0xff00_0000 | colour(reach - (reach - low) * (Double(step) + 0.5) / 256).packed
    }
    canvas.image(pixels, in: bar)
    ScaleNumbers(low: low, high: reach, label: options.label, bar: bar, room: (0, pageSize.height)).draw(
      on: canvas, text)
  }
}
