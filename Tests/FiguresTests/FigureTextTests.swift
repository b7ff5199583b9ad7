import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

/// What is written in figures, where and how: read from their SVG files, which keep text as text.
@Suite struct `Text in figures` {
  private var small: MontageOptions {
    var options = MontageOptions()
    options.dotsPerInch = 72
    return options
  }

  @Test func `stays text in SVG files, with what XML takes for its own`() throws {
    var options = small
    options.title = "A & B < \"C\""
    let montage = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)
    let file = String(decoding: try montage.svg(), as: UTF8.self)
    #expect(try SVGFile(montage).words.contains("A & B < \"C\""))
    #expect(file.contains("<title>A &amp; B &lt; &quot;C&quot;</title>"))
    // cairo's outlines of letters.
    #expect(!file.contains("glyph"))
    #expect(file.hasSuffix("</svg>\n"))
  }

  @Test func `long titles are broken into lines on the page, and nothing of them is lost`() throws {
    let title = "A title " + (1...40).map { "word\($0)" }.joined(separator: " ")
    var options = small
    options.title = title
    options.subtitle = title.uppercased()
    options.width = 120
    var chart = ChartOptions()
    (chart.title, chart.subtitle) = (options.title, options.subtitle)
    let figures: [any Figure] = [
      try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options),
      try BarChart([.init(name: "a", value: 1)], options: chart),
      try ScatterChart([.init(name: "a", x: 1, y: 1)], axis: "x", options: chart),
      try HeatMap(rows: ["a"], columns: ["b"], values: [[1]], options: chart),
    ]
    for figure in figures {
      let texts = try texts(of: figure)
      let lines = texts.filter { $0.words.contains("word") }
      #expect(lines.count > 1)
      #expect(lines.map(\.words).joined(separator: " ") == title, "\(lines.map(\.words))")
      for (a, b) in zip(lines, lines.dropFirst()) { #expect(b.y - a.y >= a.size) }
      let capitals = texts.filter { $0.words.contains("WORD") }
      #expect(capitals.map(\.words).joined(separator: " ") == title.uppercased())
      // Below them the figure, not in it.
      let last = capitals.last?.y ?? 0
      #expect(texts.filter { !$0.words.lowercased().contains("word") }.allSatisfy { $0.y > last })
    }
  }

  private func texts(of figure: some Figure) throws -> [SVGFile.Text] { try SVGFile(figure).texts }

  @Test func `captions of one row stand at one height, whatever the planes`() throws {
    var options = small
    options.cuts = [.axial: [-15], .coronal: [-20], .sagittal: [30]]
    let texts = try SVGFile(try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)).texts
    let captions = texts.filter { $0.words.hasSuffix(" mm") }
    #expect(captions.count == 3)
    #expect(Set(captions.map(\.y)).count == 1)
  }

  @Test(arguments: [1, 2]) func `a flat picture has colour bars whose numbers stand apart, on the page`(rows: Int)
    throws
  {
    var options = small
    options.crop = .box(WorldBox(low: [-60, -60, -18], high: [60, 60, -12]))
    options.planes = [.coronal]
    options.slices = 3
    options.label = "relevance (probability)"
    let layers = (0..<rows).map { Montage.Layer(Made.relevance(), name: "row \($0)") }
    let montage =
      rows == 1
      ? try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)
      : try Montage(anatomy: Made.head(), comparing: layers, sharedScale: false, options: options)
    let texts = try SVGFile(montage).texts
    let numbers = texts.filter { Double($0.words.map { $0 == "−" ? "-" : String($0) }.joined()) != nil }
    #expect(numbers.count >= 3 * rows)
    let heights = numbers.map(\.y).sorted()
    for (a, b) in zip(heights, heights.dropFirst()) { #expect(b - a >= 6, "\(heights)") }
    #expect(heights.allSatisfy { $0 > 0 && $0 < montage.pageSize.height })
    let labels = texts.filter { $0.words == "relevance (probability)" }
    #expect(labels.count == rows)
    for label in labels {
      let half = Double(label.words.count) * label.size * 0.25
      #expect(label.y - half > 0 && label.y + half < montage.pageSize.height)
    }
  }

  @Test func `each map's bar says its own unit`() throws {
    let layers = [
      Montage.Layer(Made.relevance(), name: "one", label: "relevance (logit)"),
      Montage.Layer(Made.relevance(), name: "two", label: "relevance (probability)"),
    ]
    let words = try SVGFile(
      try Montage(anatomy: Made.head(), comparing: layers, sharedScale: false, options: small)
    ).words
    #expect(words.contains("relevance (logit)") && words.contains("relevance (probability)"))
  }

  @Test func `a difference has two sides however lopsided it is`() throws {
    let up = Made.volume(GridShape(i: 30, j: 36, k: 30), Made.relevance().affine) { x, y, z in
      max(0, Made.blob(x, y, z)) - 1e-4 * Made.blob(x - 20, y, z)
    }
    let layer = Montage.Layer(up, sign: .signed)
    let montage = try Montage(anatomy: Made.head(), comparing: [layer, layer], sharedScale: true, options: small)
    let signs = montage.scales.map { $0.signed }
    #expect(signs == [true, true])
    #expect(!(try Montage(anatomy: Made.head(), overlay: up, options: small)).scales[0].signed)
  }

  /// Names must be those of their points: the ends of both axes have one, and no other point is as near to a name as its own.
  @Test(arguments: [false, true]) func `of scatter charts names the ends of the axes, each at its own point`(
    isLogarithmic: Bool
  ) throws {
    var generator = Generator(state: 7)
    for _ in 0..<5 {
      let points = (0..<90).map { index in
        ScatterChart.Point(
          name: "Region \(index)", x: 0.2 + 20 * generator.next() * generator.next(), y: 0.05 + 4 * generator.next())
      }
      let chart = try ScatterChart(points, axis: "volume", slope: 0.2, isLogarithmic: isLogarithmic)
      let named = try SVGFile(chart).texts.filter { $0.words.hasPrefix("Region ") }
      let ends = [
        points.max { $0.x < $1.x }, points.max { $0.y < $1.y }, points.min { $0.x < $1.x }, points.min { $0.y < $1.y },
      ].compactMap { $0?.name }
      for end in ends { #expect(named.contains { $0.words == end }, "\(end)") }
      #expect(named.count > 6)
      // Names that stand at their points, without a line: at most 9 points of the page away from its middle.
      let places = chart.placesOnPage
      for text in named {
        let width = Canvas.width(of: text.words, size: text.size)
        func distance(_ place: (x: Double, y: Double)) -> Double {
          let dx = max(text.x - place.x, place.x - text.x - width, 0)
          let dy = max(text.y - 5 - place.y, place.y - text.y - 1.4, 0)
          return (dx * dx + dy * dy).squareRoot()
        }
        let own = try #require(points.firstIndex { $0.name == text.words })
        let others = places.indices.filter { $0 != own }.map { distance(places[$0]) }.min() ?? 99
        if distance(places[own]) < 5 { #expect(others > distance(places[own]) + 1, "\(text.words)") }
        #expect(others > 3, "\(text.words)")
      }
    }
  }

  private struct Generator {
    var state: UInt64

    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / Double(1 << 24)
    }
  }
}
