/// Where the names of a scatter chart's points stand: each so that it can only be the name of its own point.
struct ScatterLabels {
  /// A name and its place on the page.
  struct Placed: Sendable {
    let name: String
    let area: PageRectangle
    /// From the point to the name, where the two stand apart; nil: the name stands at its point.
    let leader: (from: (x: Double, y: Double), to: (x: Double, y: Double))?

    /// The text's baseline.
    var baseline: Double { area.bottom - 1.4 }
  }

  static let size = 6.0
  private static let height = 6.4
  /// From a point's middle to its name, points; less than half of what a name keeps from every other point's middle.
  private static let gap = 3.2
  private static let clearance = 7.5

  private let places: [(x: Double, y: Double)]
  private let plot: PageRectangle
  private(set) var placed: [Placed] = []

  /// - Parameters:
  ///   - places: where the points are.
  ///   - plot: where names may stand.
  init(_ places: [(x: Double, y: Double)], in plot: PageRectangle) {
    self.places = places
    self.plot = plot
  }

  /// Gives a point its name, if there is room for it that leaves no doubt.
  /// - Parameter isWanted: true: the name is looked for a place farther away, too.
  mutating func add(_ name: String, to point: Int, width: Double, isWanted: Bool) -> Bool {
    let (x, y) = places[point]
    let (w, h, gap) = (width, Self.height, Self.gap)
    let near = [
      (x + gap, y - h / 2), (x - gap - w, y - h / 2), (x - w / 2, y - gap - h), (x - w / 2, y + gap),
      (x + gap * 0.8, y - gap * 0.8 - h), (x + gap * 0.8, y + gap * 0.8), (x - gap * 0.8 - w, y - gap * 0.8 - h),
      (x - gap * 0.8 - w, y + gap * 0.8),
    ]
    for (left, top) in near {
      let area = PageRectangle(x: left, y: top, width: w, height: h)
      guard isFree(area, of: point, clearance: Self.clearance) else { continue }
      placed.append(Placed(name: name, area: area, leader: nil))
      return true
    }
    // Farther away with a line to the point, at which then no doubt is possible either.
    // In a crowd, lines may have to pass between points that are nearer to each other than one would wish.
    for passage in isWanted ? [2.6, 1.2, 0] : [2.6] {
      for (distance, step) in Self.steps(to: isWanted ? 140 : 28) {
        let (dx, dy) = Self.directions[step]
        let (endX, endY) = (x + dx * distance, y + dy * distance)
        let left = dx > 0.3 ? endX : dx < -0.3 ? endX - w : endX - w / 2
        let top = dy > 0.3 ? endY : dy < -0.3 ? endY - h : endY - h / 2
        let area = PageRectangle(x: left, y: top, width: w, height: h)
        let start = (x: x + dx * 2.2, y: y + dy * 2.2)
        let end = (x: endX - dx * 1.2, y: endY - dy * 1.2)
        guard isFree(area, of: point, clearance: 3.5), isClear(from: start, to: end, of: point, passage)
        else { continue }
        placed.append(Placed(name: name, area: area, leader: (start, end)))
        return true
      }
    }
    return false
  }

  /// Ever farther away, in every direction.
  private static func steps(to farthest: Double) -> [(distance: Double, direction: Int)] {
    stride(from: 10, through: farthest, by: 6).flatMap { distance in directions.indices.map { (distance, $0) } }
  }

  /// Sixteen directions, those to the right and the left first.
  private static let directions: [(Double, Double)] = [
    (0.924, -0.383), (-0.924, -0.383), (0.924, 0.383), (-0.924, 0.383), (0.707, -0.707), (-0.707, -0.707),
    (0.707, 0.707), (-0.707, 0.707), (1, 0), (-1, 0), (0.383, -0.924), (-0.383, -0.924), (0.383, 0.924),
    (-0.383, 0.924), (0, -1), (0, 1),
  ]

  /// Within the plot, on no other name or its line, and away from every other point.
  private func isFree(_ area: PageRectangle, of point: Int, clearance: Double) -> Bool {
    guard area.x >= plot.x + 1, area.right <= plot.right + 2, area.y >= plot.y, area.bottom <= plot.bottom - 0.5 else {
      return false
    }
    for index in places.indices where index != point {
      guard area.distance(to: places[index]) >= clearance else { return false }
    }
    return placed.allSatisfy { other in
      !other.area.meets(area) && (other.leader.map { !Self.crosses($0.from, $0.to, area) } ?? true)
    }
  }

  /// Whether a line passes every other point, name and line at some distance.
  private func isClear(
    from: (x: Double, y: Double), to: (x: Double, y: Double), of point: Int, _ passage: Double
  ) -> Bool {
    let steps = 24
    for step in 0...steps {
      let part = Double(step) / Double(steps)
      let at = (x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part)
      for index in places.indices where index != point {
        let (dx, dy) = (places[index].x - at.x, places[index].y - at.y)
        if dx * dx + dy * dy < passage * passage { return false }
      }
    }
    return placed.allSatisfy { other in
      !Self.crosses(from, to, other.area)
        && (other.leader.map { !Self.meet(from, to, $0.from, $0.to) } ?? true)
    }
  }

  /// Places along a line, less than its own width apart.
  private static func places(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double)
  ) -> [(x: Double, y: Double)] {
    (0...24).map { step in
      let part = Double(step) / 24
      return (from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part)
    }
  }

  /// Whether a line comes so near to another point's name that it could be its line.
  private static func crosses(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ area: PageRectangle
  ) -> Bool { places(from, to).contains { area.distance(to: $0) < 2.5 } }

  /// Whether two lines cut each other or come so near that one could end where the other does.
  private static func meet(
    _ a: (x: Double, y: Double), _ b: (x: Double, y: Double), _ c: (x: Double, y: Double), _ d: (x: Double, y: Double)
  ) -> Bool {
    let others = places(c, d)
    return places(a, b).contains { place in
      others.contains { other in
        let (dx, dy) = (other.x - place.x, other.y - place.y)
        return dx * dx + dy * dy < 3.5 * 3.5
      }
    }
  }
}

extension PageRectangle {
  /// True where both share some of the page.
  func meets(_ other: PageRectangle) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }

  /// From a place to the nearest one of the rectangle, points.
  func distance(to place: (x: Double, y: Double)) -> Double {
    let dx = max(x - place.x, place.x - right, 0)
    let dy = max(y - place.y, place.y - bottom, 0)
    return (dx * dx + dy * dy).squareRoot()
  }
}
