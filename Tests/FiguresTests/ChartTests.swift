import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Charts and contours` {
  private var options: ChartOptions {
    var options = ChartOptions()
    options.dotsPerInch = 72
    options.title = "Regions"
    return options
  }

  @Test func `the top bars are the largest either way, in descending order`() {
    let bars = [3.0, -9, 1, .nan, 5, -2].enumerated().map { BarChart.Bar(name: "r\($0)", value: $1) }
    #expect(BarChart.top(3, of: bars).map(\.value) == [5, 3, -9])
    #expect(BarChart.top(99, of: bars).count == 5)
  }

  @Test(arguments: [[], [0], [.nan], [1, -2, .infinity], [1e-300, -1e300], [-1], [.leastNonzeroMagnitude]])
  func `bars and heat maps of any numbers are drawn`(values: [Double]) throws {
    let bars = values.map { BarChart.Bar(name: "A region", value: $0) }
    let chart = try BarChart(bars, options: options)
    #expect(try chart.picture().width == 341)
    #expect(try chart.svg() == (try chart.svg()))
    let words = try SVGFile(chart).words
    let finite = values.filter(\.isFinite)
    #expect(words.count { $0 == "A region" } == (finite.isEmpty ? 0 : values.count))
    #expect(words.contains("no regions") == finite.isEmpty)
    #expect(words.count { $0 == "not finite" } == (finite.isEmpty ? 0 : values.count - finite.count))
    // A bar for each side that has one long enough to be seen.
    let picture = try chart.picture()
    let reach = finite.map(\.magnitude).max() ?? 0
    #expect((picture.count { $0 > $2 + 90 } > 20) == finite.contains { $0 > 0.1 * reach })
    #expect((picture.count { $2 > $0 + 90 } > 20) == finite.contains { $0 < -0.1 * reach })
    let map = try HeatMap(
      rows: values.map { "\($0)" }, columns: ["lrp", "occlusion"], values: values.map { [$0, 1] }, options: options)
    #expect(try map.picture().texts.first?.text == "Regions")
    let cells = try SVGFile(map).words
    for value in values { #expect(cells.contains("\(value)")) }
    #expect(cells.contains("no values") == values.isEmpty && cells.contains("occlusion") != values.isEmpty)
  }

  @Test func `positive bars are red to the right of zero, negative blue to the left`() throws {
    let picture = try BarChart([.init(name: "", value: 2), .init(name: "", value: -2)], options: options).picture()
    var (red, blue) = ([Int](), [Int]())
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let at = 3 * (y * picture.width + x)
        if Int(picture.rgb[at]) > Int(picture.rgb[at + 2]) + 90 { red.append(x) }
        if Int(picture.rgb[at + 2]) > Int(picture.rgb[at]) + 90 { blue.append(x) }
      }
    }
    #expect(red.count > 300 && blue.count > 300)
    #expect((red.min() ?? 0) >= (blue.max() ?? 999) - 1)
  }

  @Test(arguments: [[], [0], [.nan, 3], [1, -2, .infinity], [1e-300, -1e300], [-1], [.leastNonzeroMagnitude]])
  func `scatter charts of any numbers are drawn`(values: [Double]) throws {
    let points = values.enumerated().map { ScatterChart.Point(name: "region \($0)", x: Double($0), y: $1) }
    let chart = try ScatterChart(points, axis: "volume, cm³", slope: 2, options: options)
    #expect(try chart.picture().width == 341)
    #expect(try chart.pdf() == (try chart.pdf()))
    let decades = try ScatterChart(points, axis: "volume, cm³", slope: 2, isLogarithmic: true, options: options)
    #expect(try decades.picture().width == 341)
    let words = try SVGFile(chart).words
    #expect(words.contains("no regions") == !values.contains(where: \.isFinite))
    // So few points are all named; what has no place is not.
    for (index, value) in values.enumerated() {
      #expect(words.contains("region \(index)") == value.isFinite, "\(words)")
    }
    let logarithms = try SVGFile(decades).words
    for (index, value) in values.enumerated() {
      #expect(logarithms.contains("region \(index)") == (index > 0 && value > 0 && value.isFinite), "\(logarithms)")
    }
  }

  @Test func `logarithmic axes put equal ratios at equal distances`() throws {
    var options = options
    options.title = nil
    let points = [(1.0, 0.01), (10, 0.1), (100, 1), (5, 0), (0, 0.5)].map {
      ScatterChart.Point(name: "", x: $0, y: $1)
    }
    let picture = try ScatterChart(points, axis: "", isLogarithmic: true, options: options).picture()
    // The middle of each point's red pixels, from left to right; the first two decades' ends lie on the axes.
    var columns: [Int] = []
    for x in 0..<picture.width {
      let isRed = (0..<picture.height).contains { y in
        let at = 3 * (y * picture.width + x)
        return Int(picture.rgb[at]) > Int(picture.rgb[at + 2]) + 90
      }
      if isRed { columns.append(x) }
    }
    let groups = columns.reduce(into: [[Int]]()) { groups, x in
      if groups.last?.last == x - 1 { groups[groups.count - 1].append(x) } else { groups.append([x]) }
    }
    try #require(groups.count == 3, "two points have no logarithm")
    let middles = groups.map { Double($0[0] + $0[$0.count - 1]) / 2 }
    #expect(abs((middles[2] - middles[1]) - (middles[1] - middles[0])) <= 2)
  }

  @Test func `points of a scatter chart lie where their numbers are`() throws {
    var options = options
    options.title = nil
    // Two red points above 0, one blue one below, at x = 10, 20 and 30 of 30.
    let points = [(10.0, 4.0), (20, 2), (30, -4)].map { ScatterChart.Point(name: "", x: $0, y: $1) }
    let picture = try ScatterChart(points, axis: "", options: options).picture()
    var (red, blue) = ([(x: Int, y: Int)](), [(x: Int, y: Int)]())
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let at = 3 * (y * picture.width + x)
        if Int(picture.rgb[at]) > Int(picture.rgb[at + 2]) + 90 { red.append((x, y)) }
        if Int(picture.rgb[at + 2]) > Int(picture.rgb[at]) + 90 { blue.append((x, y)) }
      }
    }
    #expect(red.count > 6 && blue.count > 3)
    let middle = ((red.map(\.x).min() ?? 0) + (red.map(\.x).max() ?? 0)) / 2
    let (first, second) = (red.filter { $0.x < middle }, red.filter { $0.x >= middle })
    #expect((first.map(\.y).max() ?? 0) < (second.map(\.y).min() ?? 0))
    #expect((second.map(\.y).max() ?? 0) < (blue.map(\.y).min() ?? 0))
    #expect((second.map(\.x).max() ?? 0) < (blue.map(\.x).min() ?? 0))
  }

  @Test func `too many bars are refused`() {
    let bars = [BarChart.Bar](repeating: .init(name: "", value: 1), count: 501)
    let fault = #expect(throws: PellucidError.self) { try BarChart(bars) }
    #expect(fault?.kind == .usage)
  }

  @Test func `contours follow the borders of the regions asked for`() throws {
    let labels = Made.volume(
      GridShape(i: 20, j: 20, k: 20), Affine(elements: [8, 0, 0, -76, 0, 8, 0, -76, 0, 0, 8, -76])
    ) {
      x, y, _ in
      abs(x) < 20 && abs(y) < 20 ? 7 : abs(x - 50) < 10 && abs(y) < 10 ? 9 : 0
    }
    var montage = MontageOptions()
    montage.dotsPerInch = 72
    montage.planes = [.axial]
    montage.positions = [0]
    montage.annotated = false
    let green = Colour(red: 0, green: 1, blue: 0)
    func greens(_ regions: Set<Int>?) throws -> Int {
      montage.contours = Contours(
        of: labels, outlines: (regions ?? [7, 9]).map { Contours.Outline(label: $0, colour: green) }, width: 3)
      let rgb = try Montage(anatomy: Made.head(), overlay: nil, options: montage).picture().rgb
      return stride(from: 0, to: rgb.count, by: 3).count { rgb[$0 + 1] > 200 && rgb[$0] < 100 }
    }
    let (all, one, none) = (try greens(nil), try greens([7]), try greens([4]))
    #expect(all > one && one > 50 && none == 0)
  }
}
