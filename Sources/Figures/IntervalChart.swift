public import PellucidFaults
internal import PellucidTables

/// Horizontal bars with the interval that each lies in: differences of groups, region by region.
public struct IntervalChart: Figure {
  /// A bar, its name and its interval.
  public struct Bar: Sendable, Hashable {
    /// What stands at the left.
    public var name: String
    /// Its length.
    public var value: Double
    /// The interval's ends.
    public var low, high: Double

    /// A named value within an interval.
    public init(name: String, value: Double, low: Double, high: Double) {
      (self.name, self.value, self.low, self.high) = (name, value, low, high)
    }
  }

  private let bars: [Bar]
  private let options: ChartOptions

  /// Bars from top to bottom in the order given; those that are not finite are left out.
  /// - Throws: `.usage` where an option is out of range or there are more than 500 bars.
  public init(_ bars: [Bar], options: ChartOptions = ChartOptions()) throws(PellucidError) {
    try options.check()
    if bars.count > 500 { throw .optionOutOfRange("bars", "\(bars.count)", wants: "at most 500") }
    self.bars = bars.filter { $0.value.isFinite && $0.low.isFinite && $0.high.isFinite }
    self.options = options
  }

  private static let rowHeight = 11.0
  private static let size = 7.0
  private static let foot = 24.0

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    let rows = Double(max(1, bars.count)) * Self.rowHeight
    return (options.pageWidth, 2 * ChartOptions.margin + options.titleHeight + rows + Self.foot)
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  /// Draws the chart.
  public func draw(on canvas: Canvas) {
    let (margin, size) = (ChartOptions.margin, Self.size)
    let (_, text, faint) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    let top = margin + options.titleHeight
    guard !bars.isEmpty else {
      canvas.text("no regions", x: margin, y: top + size, size: size, text)
      return
    }
    let names = min(bars.map { canvas.width(of: $0.name, size: size) }.max() ?? 0, 0.45 * options.pageWidth)
    let (left, right) = (margin + names + 6, options.pageWidth - margin - 6)
    let least = min(0, bars.map { min($0.low, $0.value) }.min() ?? 0)
    let most = max(0, bars.map { max($0.high, $0.value) }.max() ?? 0)
    let (low, high) = least < most ? (least, most) : (-1, 1)
    func x(_ value: Double) -> Double { left + (value - low) / (high - low) * (right - left) }
    let bottom = top + Double(bars.count) * Self.rowHeight
    let ticks = Ticks(from: low, to: high, count: 5)
    for (value, label) in zip(ticks.values, ticks.labels) {
      canvas.line([(x(value), top), (x(value), bottom + 2)], faint, width: 0.5)
      canvas.text(label, x: x(value), y: bottom + 9, size: 6, text, alignment: .centre)
    }
    let unit = ticks.exponent == 0 ? "" : "  (× \(NumberText.powerOfTen(ticks.exponent)))"
    canvas.fitted(
      options.label + unit, x: options.pageWidth / 2, y: bottom + 19, size: size, text,
      room: options.pageWidth - 2 * margin, alignment: .centre)
    for (row, bar) in bars.enumerated() {
      let y = top + Double(row) * Self.rowHeight
      canvas.fitted(bar.name, x: left - 5, y: y + 7.7, size: size, text, room: names + 1, alignment: .right)
      let colour = options.map.colour(at: bar.value < 0 ? 0.12 : 0.88)
      let (from, to) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
      canvas.fill(PageRectangle(x: from, y: y + 2, width: to - from, height: Self.rowHeight - 4), colour)
      let middle = y + Self.rowHeight / 2
      canvas.line([(x(bar.low), middle), (x(bar.high), middle)], text, width: 0.8)
      for end in [bar.low, bar.high] { canvas.line([(x(end), middle - 2), (x(end), middle + 2)], text, width: 0.8) }
    }
    canvas.line([(x(0), top), (x(0), bottom)], text, width: 0.6)
  }
}
