public import PellucidFaults
internal import PellucidTables

/// Points with names: what regions are worth against how large they are.
public struct ScatterChart: Figure {
  /// A point and its name.
  public struct Point: Sendable, Hashable {
    /// What stands beside it.
    public var name: String
    /// Its place to the right.
    public var x: Double
    /// Its height.
    public var y: Double

    /// A named point.
    public init(name: String, x: Double, y: Double) {
      (self.name, self.x, self.y) = (name, x, y)
    }
  }

  private let points: [Point]
  private let options: ChartOptions
  private let axis: String
  private let slope: Double?
  private let named: Int
  private let isLogarithmic: Bool

  /// A scatter chart; points that are not finite are left out, on logarithmic axes also those that are not above 0.
  /// - Parameters:
  ///   - axis: what x is, with its unit; the options' label says what y is.
  ///   - slope: of a line through the origin to compare the points with; nil: none.
  ///   - named: how many points get their names, as far as there is room: the ends of both axes, then those farthest from the others'
  ///     trend (the line, or 0).
  ///   - isLogarithmic: whether both axes count in powers of ten, for regions of very different size.
  /// - Throws: `.usage` where an option is out of range or there are more than 5000 points.
  public init(
    _ points: [Point], axis: String, slope: Double? = nil, named: Int = 12, isLogarithmic: Bool = false,
    options: ChartOptions = ChartOptions()
  ) throws(PellucidError) {
    try options.check()
    if points.count > 5000 { throw .optionOutOfRange("points", "\(points.count)", wants: "at most 5000") }
    self.points = points.filter { $0.x.isFinite && $0.y.isFinite && !(isLogarithmic && min($0.x, $0.y) <= 0) }
    self.isLogarithmic = isLogarithmic
    (self.axis, self.slope, self.named, self.options) = (axis, slope, named, options)
  }

  private static let size = 7.0
  private static let foot = 26.0
  private static let side = 30.0

  /// Width and height of the page, points.
  public var pageSize: (width: Double, height: Double) {
    (options.pageWidth, 2 * ChartOptions.margin + options.titleHeight + 0.68 * options.pageWidth + Self.foot)
  }

  /// Pixels an inch, as the options say.
  public var dotsPerInch: Double { options.dotsPerInch }

  /// Title and description.
  public var texts: [(key: String, text: String)] { options.texts }

  private var plot: PageRectangle {
    let top = ChartOptions.margin + options.titleHeight + 2
    return PageRectangle(
      x: ChartOptions.margin + Self.side, y: top,
      width: options.pageWidth - 2 * ChartOptions.margin - Self.side - 4,
      height: pageSize.height - ChartOptions.margin - Self.foot - top)
  }

  private var scale: Scale {
    Scale(points: points, limit: options.limit, isLogarithmic: isLogarithmic, in: plot)
  }

  /// Where the points that are drawn stand on the page, in their order.
  package var placesOnPage: [(x: Double, y: Double)] {
    let scale = scale
    return points.map { scale.place($0) }
  }

  /// Draws the chart.
  public func draw(on canvas: Canvas) {
    let (margin, size) = (ChartOptions.margin, Self.size)
    let (page, text, faint) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    guard !points.isEmpty else {
      canvas.text("no regions", x: margin, y: plot.y + size, size: size, text)
      return
    }
    let scale = scale
    drawAxes(scale, on: canvas, text, faint)
    if let slope { drawTrend(slope, scale, on: canvas, text.mixed(with: page, part: 0.5)) }
    for point in points {
      let (x, y) = scale.place(point)
      canvas.disc(x: x, y: y, radius: 1.9, options.map.colour(at: point.y < 0 ? 0.12 : 0.88), rim: page)
    }
    var labels = ScatterLabels(placesOnPage, in: plot)
    var left = named
    for (place, isExtreme) in ranked() where left > 0 {
      let name = points[place].name
      let width = canvas.width(of: name, size: ScatterLabels.size)
      if labels.add(name, to: place, width: width, isWanted: isExtreme) { left -= 1 }
    }
    for label in labels.placed {
      if let leader = label.leader {
        canvas.line([leader.from, leader.to], text.mixed(with: page, part: 0.4), width: 0.4)
      }
      canvas.text(
        label.name, x: label.area.x, y: label.baseline, size: ScatterLabels.size, text, halo: page)
    }
  }

  /// The points to be named: the ends of both axes, the upper ones first, then those that lie farthest from the trend.
  private func ranked() -> [(point: Int, isExtreme: Bool)] {
    func distance(_ point: Int) -> Double { abs(points[point].y - (slope ?? 0) * points[point].x) }
    let all = points.indices
    let ends = [
      all.max { points[$0].y < points[$1].y }, all.max { points[$0].x < points[$1].x },
      all.min { points[$0].y < points[$1].y }, all.min { points[$0].x < points[$1].x },
    ]
    var extremes: [Int] = []
    for case let end? in ends where !extremes.contains(end) && !points[end].name.isEmpty { extremes.append(end) }
    let others = all.filter { !extremes.contains($0) && !points[$0].name.isEmpty }
      .sorted { (distance($1), points[$0].name) < (distance($0), points[$1].name) }
    return extremes.map { ($0, true) } + others.map { ($0, false) }
  }

  private func drawAxes(_ scale: Scale, on canvas: Canvas, _ text: Colour, _ faint: Colour) {
    let plot = scale.plot
    func ticks(_ span: (low: Double, high: Double)) -> Ticks {
      isLogarithmic ? Ticks(decadesFrom: span.low, to: span.high) : Ticks(from: span.low, to: span.high, count: 6)
    }
    let (across, up) = (ticks(scale.x), ticks(scale.y))
    for (value, label) in zip(across.values, across.labels) {
      let x = scale.x(value)
      canvas.line([(x, plot.y), (x, plot.bottom + 2)], faint, width: 0.5)
      canvas.text(label, x: x, y: plot.bottom + 9, size: 6, text, alignment: .centre)
    }
    for (value, label) in zip(up.values, up.labels) {
      let y = scale.y(value)
      canvas.line([(plot.x - 2, y), (plot.right, y)], faint, width: 0.5)
      canvas.text(label, x: plot.x - 4, y: y + 2.1, size: 6, text, alignment: .right)
    }
    canvas.line([(plot.x, plot.y), (plot.x, plot.bottom)], text, width: 0.6)
    let ground = isLogarithmic ? plot.bottom : scale.y(0)
    canvas.line([(plot.x, ground), (plot.right, ground)], text, width: 0.6)
    func caption(_ words: String, _ ticks: Ticks) -> String {
      ticks.exponent == 0 ? words : "\(words)  (× \(NumberText.powerOfTen(ticks.exponent)))"
    }
    canvas.fitted(
      caption(axis, across), x: plot.centreX, y: plot.bottom + 20, size: Self.size, text, room: plot.width,
      alignment: .centre)
    canvas.fitted(
      caption(options.label, up), x: ChartOptions.margin + Self.size, y: plot.centreY, size: Self.size, text,
      room: plot.height + Self.foot, alignment: .centre, quarterTurn: true)
  }

  /// The line through the origin, as far as it lies in the plot.
  private func drawTrend(_ slope: Double, _ scale: Scale, on canvas: Canvas, _ colour: Colour) {
    var x = scale.x.high
    if slope * x > scale.y.high { x = scale.y.high / slope }
    // Straight on both kinds of axes.
    let start = isLogarithmic ? max(scale.x.low, scale.y.low / slope) : 0
    guard start < x else { return }
    canvas.line([(scale.x(start), scale.y(slope * start)), (scale.x(x), scale.y(slope * x))], colour, width: 0.7)
  }

  /// From numbers to places on the page; both axes hold 0, or whole powers of ten.
  private struct Scale {
    let x, y: (low: Double, high: Double)
    let plot: PageRectangle
    let isLogarithmic: Bool

    init(points: [Point], limit: Double?, isLogarithmic: Bool, in plot: PageRectangle) {
      (self.plot, self.isLogarithmic) = (plot, isLogarithmic)
      func span(_ values: [Double]) -> (low: Double, high: Double) {
        if isLogarithmic { return Ticks.decades(around: values) }
        let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
        let reach = max(high - low, .leastNormalMagnitude)
        return (low < 0 ? low - 0.04 * reach : 0, high > 0 || low == 0 ? high + 0.04 * reach : 0)
      }
      x = span(points.map(\.x))
      let (low, high) = span(points.map(\.y))
      y = limit.map { isLogarithmic && low < $0 ? (low, $0) : (low < 0 ? -$0 : 0, $0) } ?? (low, high)
    }

    /// The part of an axis below a value, 0…1.
    private func part(_ value: Double, _ axis: (low: Double, high: Double)) -> Double {
      guard isLogarithmic else { return (value - axis.low) / (axis.high - axis.low) }
      return Ticks.logarithm(of: value / axis.low) / Ticks.logarithm(of: axis.high / axis.low)
    }

    func x(_ value: Double) -> Double { plot.x + part(min(max(value, x.low), x.high), x) * plot.width }
    func y(_ value: Double) -> Double {
      plot.bottom - part(min(max(value, y.low), y.high), y) * plot.height
    }
    func place(_ point: Point) -> (Double, Double) { (x(point.x), y(point.y)) }
  }
}
