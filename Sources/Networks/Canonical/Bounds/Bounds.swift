internal import PellucidTensors

/// What is known of a tensor's values whatever the image: where each lies, and how they hang together.
struct Bounds {
  /// One value.
  struct Cell {
    var form: LinearForm
    var interval: Interval
  }

  enum Layout { case each, byChannel }

  /// The tensor's shape for one image.
  let shape: Shape
  /// The values, row-major; of a map, one a channel, which holds at every voxel; nil: too many to be told apart.
  let cells: [Cell]?
  let layout: Layout
  /// Where all of them lie.
  let interval: Interval

  /// As many values as are told apart.
  static let mostCells = 1024
  /// What is clipped off by no more than this only guards a logarithm or a quotient.
  static let guarding = 2e-6

  init(_ shape: Shape, interval: Interval) {
    self.shape = shape
    self.interval = interval
    cells = nil
    layout = .each
  }

  init(_ shape: Shape, _ cells: [Cell], _ layout: Layout) {
    self.shape = shape
    self.cells = cells
    self.layout = layout
    interval = cells.dropFirst().reduce(cells.first?.interval ?? .all) { $0.hull($1.interval) }
  }

  /// How a tensor of a shape is told apart, and the shape of what is told apart; nil: it is not.
  static func layout(of shape: Shape) -> (Layout, Shape)? {
    if shape.count <= mostCells { return (.each, shape) }
    guard shape.rank >= 3, shape[0] == 1, shape[1] <= mostCells else { return nil }
    return (.byChannel, Shape([1, shape[1]] + shape.spatial.map { _ in 1 }))
  }

  /// The shape of the cells.
  var cellShape: Shape {
    layout == .each ? shape : Shape([1, shape[1]] + shape.spatial.map { _ in 1 })
  }
}

extension Shape {
  /// For each value of a wider shape, the place of the value that is broadcast there, row-major; nil where they do not fit.
  func places(broadcastTo wide: Shape) -> [Int]? {
    guard Shape.broadcast(self, wide) == wide else { return nil }
    let missing = wide.rank - rank
    let steps = strides(in: .rowMajor)
    var places = [0]
    for axis in 0..<wide.rank {
      let step = axis < missing || self[axis - missing] == 1 ? 0 : steps[axis - missing]
      places = places.flatMap { place in (0..<wide[axis]).map { place + $0 * step } }
    }
    return places
  }
}
