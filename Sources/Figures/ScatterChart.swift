public import Faults
internal import Tables

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
  ///   - named: how many of the points farthest from the others' trend (the line, or 0) get their names, as far as there is room.
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

  /// Draws the chart.
  public func draw(on canvas: Canvas) {
    let (margin, size) = (ChartOptions.margin, Self.size)
    let (page, text, faint) = options.palette
    options.drawFrame(on: canvas, height: pageSize.height)
    let top = margin + options.titleHeight + 2
    guard !points.isEmpty else {
      canvas.text("no regions", x: margin, y: top + size, size: size, text)
      return
    }
    let plot = PageRectangle(
      x: margin + Self.side, y: top, width: options.pageWidth - 2 * margin - Self.side - 4,
      height: pageSize.height - margin - Self.foot - top)
    let scale = Scale(points: points, limit: options.limit, isLogarithmic: isLogarithmic, in: plot)
    drawAxes(scale, on: canvas, text, faint)
    if let slope { drawTrend(slope, scale, on: canvas, text.mixed(with: page, part: 0.5)) }
    let radius = 1.9
    var taken = points.map { point in
      let (x, y) = scale.place(point)
      return PageRectangle(x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius)
    }
    for point in points {
      let (x, y) = scale.place(point)
      canvas.disc(x: x, y: y, radius: radius, options.map.colour(at: point.y < 0 ? 0.12 : 0.88), rim: page)
    }
    var left = named
    for point in ranked() where left > 0 {
      let (x, y) = scale.place(point)
      let wide = canvas.width(of: point.name, size: 6)
      // Beside the point, else above or below it: the first place where nothing stands.
      let places = [
        (x + 4, y + 2.1), (x - 4 - wide, y + 2.1), (x - wide / 2, y - 4), (x - wide / 2, y + 8.5), (x + 3, y - 3.5),
        (x + 3, y + 7.5), (x - 3 - wide, y - 3.5), (x - 3 - wide, y + 7.5),
      ]
      for (start, base) in places {
        let area = PageRectangle(x: start, y: base - 5, width: wide, height: 6.4)
        guard area.x >= plot.x + 1, area.right <= plot.right + 2, area.y >= plot.y, area.bottom <= plot.bottom,
          !taken.contains(where: { $0.meets(area) })
        else { continue }
        canvas.text(point.name, x: start, y: base, size: 6, text, halo: page)
        taken.append(area)
        left -= 1
        break
      }
    }
  }

  /// Points, those first that lie farthest from the trend.
  private func ranked() -> [Point] {
    func distance(_ point: Point) -> Double { abs(point.y - (slope ?? 0) * point.x) }
    return points.sorted { (distance($1), $0.name) < (distance($0), $1.name) }
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
    canvas.text(
      caption(axis, across), x: plot.centreX, y: plot.bottom + 20, size: Self.size, text, alignment: .centre)
    canvas.text(
      caption(options.label, up), x: ChartOptions.margin + Self.size, y: plot.centreY, size: Self.size, text,
      alignment: .centre, quarterTurn: true)
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

extension PageRectangle {
  /// True where both share some of the page.
  func meets(_ other: PageRectangle) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }
}
