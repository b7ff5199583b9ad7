public import PellucidFaults
internal import PellucidTables

/// Points in the plane, a panel a quantity, coloured by group or by a number: subjects as a network sees them.
public struct ScatterPanels: Figure {
  /// What points are coloured by.
  public enum Key: Sendable, Hashable {
    /// A name a point; nil: grey.
    case groups([String?])
    /// A number a point; nil: grey. With what it is called.
    case numbers([Double?], label: String)
  }

  /// Points that are drawn together.
  public struct Panel: Sendable, Hashable {
    /// What stands above it.
    public var title: String
    /// What its axes are.
    public var across, up: String
    /// The points.
    public var x, y: [Double]

    /// A panel.
    /// - Precondition: as many x as y.
    public init(title: String, across: String, up: String, x: [Double], y: [Double]) {
      precondition(x.count == y.count, "a point has an x and a y")
      (self.title, self.across, self.up, self.x, self.y) = (title, across, up, x, y)
    }
  }

  private let panels: [Panel]
  private let key: Key
  private let names: [String]
  private let options: ChartOptions

  /// A chart of panels whose points are the same things in the same order.
  /// - Throws: `.usage` where an option is out of range, there are more than 24 panels, or more than 14 groups.
  public init(_ panels: [Panel], key: Key, options: ChartOptions = ChartOptions()) throws(PellucidError) {
    try options.check()
    if panels.count > 24 { throw .optionOutOfRange("panels", "\(panels.count)", wants: "at most 24") }
    var names: [String] = []
    if case .groups(let groups) = key { names = Set(groups.compactMap { $0 }).sorted() }
    if names.count > 14 { throw .optionOutOfRange("groups", "\(names.count)", wants: "at most 14") }
    (self.panels, self.key, self.names, self.options) = (panels, key, names, options)
  }

  private static let size = 7.0
  private static let side = 22.0
  private static let below = 24.0
  private static let above = 14.0

  private var columns: Int { min(3, max(1, panels.count)) }
  private var rows: Int { (max(1, panels.count) + columns - 1) / columns }
  private var room: Double { options.pageWidth - 2 * ChartOptions.margin }
  private var width: Double { min(150, room / Double(columns) - Self.side) }
  private var keyHeight: Double { hasKey ? 16 : 0 }
  private var hasKey: Bool { if case .groups = key { !names.isEmpty } else { true } }

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (
      options.pageWidth,
      2 * ChartOptions.margin + options.titleHeight + Double(rows) * (width + Self.above + Self.below) + keyHeight
    )
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  /// Draws the chart.
  public func draw(on canvas: Canvas) {
    options.drawFrame(on: canvas, height: pageSize.height)
    for (place, panel) in panels.enumerated() {
      let (row, column) = (place / columns, place % columns)
      draw(
        panel,
        in: PageRectangle(
          x: ChartOptions.margin + Self.side + Double(column) * (width + Self.side),
          y: ChartOptions.margin + options.titleHeight + Self.above + Double(row)
            * (width + Self.above + Self.below), width: width, height: width), on: canvas)
    }
    drawKey(on: canvas, y: pageSize.height - ChartOptions.margin - 3)
  }

  private func draw(_ panel: Panel, in area: PageRectangle, on canvas: Canvas) {
    let (page, text, faint) = options.palette
    canvas.fitted(panel.title, x: area.x, y: area.y - 4, size: Self.size, text, room: area.width, weight: .bold)
    canvas.outline(area, faint, width: 0.6)
    canvas.fitted(
      panel.across, x: area.centreX, y: area.bottom + 17, size: 6, text, room: area.width, alignment: .centre)
    canvas.fitted(
      panel.up, x: area.x - 14, y: area.centreY, size: 6, text, room: area.height, alignment: .centre,
      quarterTurn: true)
    let (across, up) = (Self.span(panel.x), Self.span(panel.y))
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
      (
        area.x + (x - across.low) / (across.high - across.low) * area.width,
        area.bottom - (y - up.low) / (up.high - up.low) * area.height
      )
    }
    let (below, beside) = (
      Ticks(from: across.low, to: across.high, count: 3), Ticks(from: up.low, to: up.high, count: 3)
    )
    for (value, label) in zip(below.values, below.labels) {
      canvas.text(label, x: place(value, up.low).x, y: area.bottom + 8, size: 5.5, text, alignment: .centre)
    }
    for (value, label) in zip(beside.values, beside.labels) {
      canvas.text(
        label, x: area.x - 2, y: place(across.low, value).y + 2, size: 5.5, text, alignment: .right,
        quarterTurn: false)
    }
    for (point, colour) in zip(panel.x.indices, colours(panel.x.count)) {
      guard panel.x[point].isFinite, panel.y[point].isFinite else { continue }
      let at = place(panel.x[point], panel.y[point])
      canvas.disc(x: at.x, y: at.y, radius: 2, colour ?? faint, rim: page)
    }
  }

  /// From the least to the largest value and some room.
  private static func span(_ values: [Double]) -> (low: Double, high: Double) {
    let known = values.filter(\.isFinite)
    guard let low = known.min(), let high = known.max() else { return (0, 1) }
    let room = high > low ? 0.07 * (high - low) : max(1e-9, abs(low))
    return (low - room, high + room)
  }

  private func colours(_ count: Int) -> [Colour?] {
    switch key {
    case .groups(let groups):
      return (0..<count).map { point in
        (point < groups.count ? groups[point] : nil).flatMap { name in
          names.firstIndex(of: name).map(LineChart.colour(of:))
        }
      }
    case .numbers(let numbers, _):
      let ends = Self.ends(numbers)
      return (0..<count).map { point in
        (point < numbers.count ? numbers[point] : nil).map { number in
          Self.map.colour(at: ends.high > ends.low ? (number - ends.low) / (ends.high - ends.low) : 0.5)
        }
      }
    }
  }

  private static let map = ColourMap.catalogue.first { $0.name == "viridis" } ?? ColourMap.unsignedDefault

  private static func ends(_ numbers: [Double?]) -> (low: Double, high: Double) {
    let known = numbers.compactMap { $0 }
    return (known.min() ?? 0, known.max() ?? 1)
  }

  private func drawKey(on canvas: Canvas, y: Double) {
    let (page, text, _) = options.palette
    switch key {
    case .groups:
      var x = ChartOptions.margin + Self.side
      for (place, name) in names.enumerated() {
        canvas.disc(x: x, y: y - 2.3, radius: 2.2, LineChart.colour(of: place), rim: page)
        canvas.text(name, x: x + 5, y: y, size: Self.size, text)
        x += 18 + Canvas.width(of: name, size: Self.size)
      }
    case .numbers(let numbers, let label):
      let ends = Self.ends(numbers)
      let x = ChartOptions.margin + Self.side
      for step in 0..<60 {
        canvas.fill(
          PageRectangle(x: x + Double(step), y: y - 6, width: 1.5, height: 6),
          Self.map.colour(at: (Double(step) + 0.5) / 60))
      }
      canvas.text(
        "\(label) \(NumberText.significant(ends.low, digits: 3)) – \(NumberText.significant(ends.high, digits: 3))",
        x: x + 66, y: y, size: Self.size, text)
    }
  }
}
