public import PellucidFaults
internal import PellucidTables

/// Horizontal bars: the regions with the most relevance, for and against, or differences of groups with their intervals.
public struct BarChart: Figure {
  /// A bar and its name.
  public struct Bar: Sendable, Hashable {
    /// What stands at the left.
    public var name: String
    /// Its length.
    public var value: Double
    /// A line across the bar's end, such as the interval that holds 95 %; nil: none.
    public var interval: ClosedRange<Double>?

    /// A named value.
    public init(name: String, value: Double, interval: ClosedRange<Double>? = nil) {
      self.name = name
      self.value = value
      self.interval = interval
    }

    /// Where it and its interval begin and end.
    fileprivate var ends: ClosedRange<Double> {
      interval.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
    }
  }

  private let bars: [Bar]
  private let options: ChartOptions

  /// Bars from top to bottom in the order given; values that are not finite are drawn as nothing and named so.
  /// - Throws: `.usage` where an option is out of range or there are more than 500 bars.
  public init(_ bars: [Bar], options: ChartOptions = ChartOptions()) throws(PellucidError) {
    try options.check()
    if bars.count > 500 { throw .optionOutOfRange("bars", "\(bars.count)", wants: "at most 500") }
    self.bars = bars
    self.options = options
  }

  /// The `count` bars of largest magnitude, in descending order of their values.
  public static func top(_ count: Int, of bars: [Bar]) -> [Bar] {
    let ranked = bars.filter(\.value.isFinite).sorted { ($1.value.magnitude, $0.name) < ($0.value.magnitude, $1.name) }
    return ranked.prefix(max(0, count)).sorted { ($1.value, $0.name) < ($0.value, $1.name) }
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
    let (page, text, faint) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    let finite = bars.filter(\.value.isFinite).flatMap { [$0.ends.lowerBound, $0.ends.upperBound] }
    let top = margin + options.titleHeight
    guard !finite.isEmpty else {
      canvas.text("no regions", x: margin, y: top + size, size: size, text)
      return
    }
    let names = min(bars.map { canvas.width(of: $0.name, size: size) }.max() ?? 0, 0.5 * options.pageWidth)
    let (left, right) = (margin + names + 6, options.pageWidth - margin - 6)
    let reach = options.limit ?? max(finite.map(\.magnitude).max() ?? 1, .leastNormalMagnitude)
    let (least, most) = (finite.min() ?? 0, finite.max() ?? 0)
    let low = least < 0 ? options.limit.map { -$0 } ?? least : 0
    let high = most > 0 || low == 0 ? options.limit ?? (most > 0 ? most : reach) : 0
    // Room at the ends for the values beside the bars.
    let room = 31.0
    let (start, end) = (left + (low < 0 ? room : 0), right - (high > 0 ? room : 0))
    func x(_ value: Double) -> Double { start + (min(max(value, low), high) - low) / (high - low) * (end - start) }
    let bottom = top + Double(bars.count) * Self.rowHeight
    let ticks = Ticks(from: low, to: high, count: 5)
    for (value, label) in zip(ticks.values, ticks.labels) {
      canvas.line([(x(value), top), (x(value), bottom + 2)], faint, width: 0.5)
      canvas.text(label, x: x(value), y: bottom + 9, size: 6, text, alignment: .centre)
    }
    let unit = ticks.exponent == 0 ? "" : "  (× \(NumberText.powerOfTen(ticks.exponent)))"
    let label = options.label + unit
    let half = min(options.pageWidth - 2 * margin, canvas.width(of: label, size: size)) / 2
    canvas.fitted(
      label, x: min(max((start + end) / 2, margin + half), options.pageWidth - margin - half), y: bottom + 19,
      size: size, text, room: options.pageWidth - 2 * margin, alignment: .centre)
    for (row, bar) in bars.enumerated() {
      let y = top + Double(row) * Self.rowHeight
      canvas.fitted(bar.name, x: left - 5, y: y + 7.7, size: size, text, room: names + 1, alignment: .right)
      guard bar.value.isFinite else {
        canvas.text("not finite", x: x(0) + 3, y: y + 7.5, size: 6, text, halo: page)
        continue
      }
      let colour = options.map.colour(at: bar.value < 0 ? 0.12 : 0.88)
      let (from, to) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
      canvas.fill(PageRectangle(x: from, y: y + 1.5, width: to - from, height: Self.rowHeight - 3), colour)
      let label = NumberText.fixed(bar.value / ticks.unit, decimals: NumberText.decimals(reach / ticks.unit))
      let (first, last) = (x(bar.ends.lowerBound), x(bar.ends.upperBound))
      if bar.interval != nil {
        let middle = y + Self.rowHeight / 2
        canvas.line([(first, middle), (last, middle)], text, width: 0.8)
        for end in [first, last] { canvas.line([(end, middle - 2), (end, middle + 2)], text, width: 0.8) }
      }
      canvas.text(
        label, x: bar.value < 0 ? min(from, first) - 3 : max(to, last) + 3, y: y + 7.5, size: 6, text,
        alignment: bar.value < 0 ? .right : .left,
        halo: page)
    }
    canvas.line([(x(0), top), (x(0), bottom)], text, width: 0.6)
  }
}
