public import PellucidFaults
internal import PellucidTables

/// Lines over a shared axis, a panel a quantity: curves of methods.
public struct LineChart: Figure {
  /// A line.
  public struct Line: Sendable, Hashable {
    /// What the key calls it; lines of one name have one colour in all panels.
    public var name: String
    /// Points from left to right.
    public var x, y: [Double]

    /// A line through points.
    /// - Precondition: as many x as y.
    public init(name: String, x: [Double], y: [Double]) {
      precondition(x.count == y.count, "a point has an x and a y")
      (self.name, self.x, self.y) = (name, x, y)
    }
  }

  /// Lines that are drawn together.
  public struct Panel: Sendable, Hashable {
    /// What stands above it.
    public var title: String
    /// Its lines.
    public var lines: [Line]
    /// What stands under x = 1, 2, … where these are places in a row; empty: x are numbers.
    public var places: [String]

    /// A panel.
    public init(title: String, lines: [Line], places: [String] = []) {
      (self.title, self.lines, self.places) = (title, lines, places)
    }
  }

  private let panels: [Panel]
  private let names: [String]
  private let axis: String
  private let options: ChartOptions

  /// A chart; points that are not finite break their line.
  /// - Parameters:
  ///   - panels: up to three stand side by side, all on one scale.
  ///   - axis: what x is; the options' label says what y is.
  /// - Throws: `.usage` where an option is out of range, or there are more than 24 panels or 40 names.
  public init(_ panels: [Panel], axis: String, options: ChartOptions = ChartOptions()) throws(PellucidError) {
    try options.check()
    var names: [String] = []
    for line in panels.flatMap(\.lines) where !names.contains(line.name) { names.append(line.name) }
    if panels.count > 24 { throw .optionOutOfRange("panels", "\(panels.count)", wants: "at most 24") }
    if names.count > 40 { throw .optionOutOfRange("lines", "\(names.count)", wants: "at most 40 names") }
    (self.panels, self.names, self.axis, self.options) = (panels, names, axis, options)
  }

  /// Okabe & Ito's colours, which people with any colour vision tell apart; then the same, dashed.
  private static let colours = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x555555]
    .map { Colour(hex: UInt32($0)) }
  private static let size = 7.0
  private static let side = 30.0
  private static let rowHeight = 96.0
  private static let keyHeight = 10.0

  private var columns: Int { min(3, max(1, panels.count)) }
  private var rows: Int { (max(1, panels.count) + columns - 1) / columns }
  private var room: Double { options.pageWidth - 2 * ChartOptions.margin }

  /// Entries of the key, broken into lines.
  private var key: [[(name: Int, x: Double)]] {
    var lines: [[(name: Int, x: Double)]] = [[]]
    var x = 0.0
    for (place, name) in names.enumerated() {
      let width = 26 + Canvas.width(of: name, size: Self.size)
      if x > 0, x + width > room {
        lines.append([])
        x = 0
      }
      lines[lines.count - 1].append((place, x))
      x += width
    }
    return lines
  }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (
      options.pageWidth,
      2 * ChartOptions.margin + options.titleHeight + Double(rows) * (Self.rowHeight + 34) + Double(key.count)
        * Self.keyHeight
    )
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  /// Draws the chart.
  public func draw(on canvas: Canvas) {
    let (_, text, _) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    let all = panels.flatMap(\.lines)
    let ys = all.flatMap(\.y).filter(\.isFinite)
    let xs = all.flatMap(\.x).filter(\.isFinite)
    guard let top = ys.max(), let bottom = ys.min(), let right = xs.max(), let left = xs.min() else {
      canvas.text("no curves", x: ChartOptions.margin, y: ChartOptions.margin + options.titleHeight + 7, size: 7, text)
      return
    }
    // 0 is always there, so that a flat curve looks flat.
    let (low, high) = (min(0, bottom), max(0, options.limit ?? top))
    let reach = max(high - low, 1e-12)
    let span = (low: low - (low < 0 ? 0.04 * reach : 0), high: high + 0.04 * reach)
    let width = (room - Double(columns) * Self.side) / Double(columns)
    for (place, panel) in panels.enumerated() {
      let (row, column) = (place / columns, place % columns)
      let area = PageRectangle(
        x: ChartOptions.margin + Self.side + Double(column) * (width + Self.side),
        y: ChartOptions.margin + options.titleHeight + 12 + Double(row) * (Self.rowHeight + 34), width: width - 4,
        height: Self.rowHeight)
      draw(panel, in: area, x: (left, max(right, left + 1e-12)), y: span, isFirst: column == 0, on: canvas)
    }
    drawKey(on: canvas, y: pageSize.height - ChartOptions.margin - Double(key.count) * Self.keyHeight + 6)
  }

  private func draw(
    _ panel: Panel, in area: PageRectangle, x: (low: Double, high: Double), y: (low: Double, high: Double),
    isFirst: Bool, on canvas: Canvas
  ) {
    let (_, text, faint) = options.palette
    func place(_ px: Double, _ py: Double) -> (x: Double, y: Double) {
      (
        area.x + (px - x.low) / (x.high - x.low) * area.width,
        area.bottom - (min(max(py, y.low), y.high) - y.low) / (y.high - y.low) * area.height
      )
    }
    canvas.fitted(panel.title, x: area.x, y: area.y - 4, size: Self.size, text, room: area.width, weight: .bold)
    let (across, up) = (Ticks(from: x.low, to: x.high, count: 4), Ticks(from: y.low, to: y.high, count: 5))
    for (value, label) in zip(up.values, up.labels) {
      let y = place(x.low, value).y
      canvas.line([(area.x - 2, y), (area.right, y)], faint, width: 0.5)
      canvas.text(label, x: area.x - 4, y: y + 2.1, size: 6, text, alignment: .right)
    }
    let named = panel.places.enumerated().map { (Double($0 + 1), $1) }
    for (value, label) in panel.places.isEmpty ? Array(zip(across.values, across.labels)) : named {
      let x = place(value, y.low).x
      canvas.line([(x, area.bottom), (x, area.bottom + 2)], text, width: 0.5)
      canvas.text(label, x: x, y: area.bottom + 9, size: 6, text, alignment: .centre)
    }
    canvas.line([(area.x, area.y), (area.x, area.bottom), (area.right, area.bottom)], text, width: 0.6)
    canvas.fitted(axis, x: area.centreX, y: area.bottom + 18, size: 6, text, room: area.width, alignment: .centre)
    if isFirst {
      let unit = up.exponent == 0 ? "" : "  (× \(NumberText.powerOfTen(up.exponent)))"
      canvas.fitted(
        options.label + unit, x: ChartOptions.margin + Self.size, y: area.centreY, size: Self.size, text,
        room: area.height + 20, alignment: .centre, quarterTurn: true)
    }
    for line in panel.lines {
      let name = names.firstIndex(of: line.name) ?? 0
      var run: [(x: Double, y: Double)] = []
      // What is not finite breaks the line.
      for (x, y) in Array(zip(line.x, line.y)) + [(Double.nan, Double.nan)] {
        if x.isFinite, y.isFinite {
          run.append(place(x, y))
        } else {
          if run.count == 1 {
            canvas.disc(x: run[0].x, y: run[0].y, radius: 1.2, colour(of: name), rim: options.palette.page)
          }
          draw(run, as: name, on: canvas)
          run = []
        }
      }
    }
  }

  private func colour(of name: Int) -> Colour { Self.colour(of: name) }

  /// The colour of the n-th name.
  static func colour(of name: Int) -> Colour { colours[name % colours.count] }

  /// A line in the colour of its name; after the first seven names, broken.
  private func draw(_ points: [(x: Double, y: Double)], as name: Int, on canvas: Canvas) {
    let colour = colour(of: name)
    guard name >= Self.colours.count else { return canvas.line(points, colour, width: 1) }
    var drawn = 0.0
    let (dash, gap) = (name / Self.colours.count % 2 == 1 ? 4.0 : 1.5, 2.0)
    for (from, to) in zip(points, points.dropFirst()) {
      let length = ((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y)).squareRoot()
      var at = 0.0
      while at < length {
        let phase = (drawn + at).truncatingRemainder(dividingBy: dash + gap)
        let piece = max(1e-3, min(length - at, phase < dash ? dash - phase : dash + gap - phase))
        if phase < dash {
          func along(_ part: Double) -> (x: Double, y: Double) {
            (from.x + (to.x - from.x) * part / length, from.y + (to.y - from.y) * part / length)
          }
          canvas.line([along(at), along(at + piece)], colour, width: 1)
        }
        at += piece
      }
      drawn += length
    }
  }

  private func drawKey(on canvas: Canvas, y: Double) {
    let (_, text, _) = options.palette
    for (row, line) in key.enumerated() {
      let y = y + Double(row) * Self.keyHeight
      for (name, x) in line {
        let start = ChartOptions.margin + x
        draw([(start, y - 2.3), (start + 14, y - 2.3)], as: name, on: canvas)
        canvas.text(names[name], x: start + 17, y: y, size: Self.size, text)
      }
    }
  }
}
