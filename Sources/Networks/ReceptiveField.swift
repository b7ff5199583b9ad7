internal import PellucidTensors

/// What one cell of a layer sees of the input along D, H, W.
///
/// Only windows count: that instance and group norms divide by statistics of the whole image is left aside.
/// Source: Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks, 2019, doi:10.23915/distill.00021.
public struct ReceptiveField: Hashable, Sendable {
  /// Input voxels seen by a cell.
  public var size: [Int]
  /// Input voxels between neighbouring cells; less than 1 where a layer is finer than the input.
  public var jump: [Double]
  /// Input coordinate of the centre of what cell 0 sees; may lie outside, in the padding.
  public var centre: [Double]
  /// Whether a step before the layer looks at the whole input (a global pool, a dense layer, attention).
  public var seesEverything: Bool
  /// The axes of the layer's output that are D, H, W; nil where its values have no place in the input any more.
  public var axes: [Int]?

  /// The image itself.
  static let input = ReceptiveField(
    size: [1, 1, 1], jump: [1, 1, 1], centre: [0, 0, 0], seesEverything: false, axes: [2, 3, 4])

  /// The receptive field of a value's cells; where branches meet, the larger one.
  public static func of(_ value: ValueID, in graph: Graph) -> ReceptiveField { all(of: graph)[value] ?? .input }

  /// The receptive fields of everything that a graph makes.
  public static func all(of graph: Graph) -> [ValueID: ReceptiveField] {
    var fields: [ValueID: ReceptiveField] = [graph.input: .input]
    for node in graph.nodes {
      let before = node.inputs.compactMap { input in
        fields[input]?.broadcast(from: graph.shape(of: input).rank, to: graph.shape(of: node.output).rank)
      }
      // A gate that has no place, or sees everything, does not move the cells of what it multiplies.
      let placed = before.filter { $0.axes != nil }
      let narrow = placed.filter { !$0.seesEverything }
      let candidates = narrow.isEmpty ? (placed.isEmpty ? before : placed) : narrow
      guard let widest = candidates.max(by: { $0.size.reduce(0, +) < $1.size.reduce(0, +) }) else { continue }
      let rank = node.inputs.map { graph.shape(of: $0).rank }.max() ?? 5
      let field = node.operation.field
      let input = node.inputs.first.map { graph.shape(of: $0) }
      let shape = input?.rank == rank ? input : nil
      var next = widest.withoutChannels(before: field, of: shape).after(field, rank: rank)
      next.seesEverything = next.seesEverything || before.contains(where: \.seesEverything)
      fields[node.output] = next
    }
    return fields
  }

  /// The same cells where broadcasting puts axes of extent 1 in front.
  private func broadcast(from rank: Int, to larger: Int) -> ReceptiveField {
    guard larger > rank else { return self }
    var moved = self
    moved.axes = axes.map { $0.map { $0 + larger - rank } }
    return moved
  }

  /// Where an axis of the image has become the channels of fewer spatial axes, a window sees all of it: the axis then has one place, the
  /// first axis of the value.
  private func withoutChannels(before field: SpatialField, of shape: Shape?) -> ReceptiveField {
    guard case .window = field, let shape, shape.rank < 5, let axis = axes?.firstIndex(of: 1),
      axes?.contains(0) == false
    else { return self }
    var next = self
    next.axes?[axis] = 0
    next.see(axis, cells: shape[1], first: Double(shape[1] - 1) / 2, step: Double(shape[1]))
    return next
  }

  /// What a cell behind one more operator sees.
  func after(_ field: SpatialField, rank: Int = 5) -> ReceptiveField {
    var next = self
    guard let axes else {
      next.seesEverything = next.seesEverything || field == .everything
      return next
    }
    switch field {
    case .pointwise: return next
    case .window(let window):
      guard let places = Self.places(axes, rank) else { return everything }
      for (axis, place) in places.enumerated() {
        let reach = (window.kernel[place] - 1) * window.dilation[place]
        next.see(
          axis, cells: reach + 1, first: Double(reach) / 2 - Double(window.padBefore[place]),
          step: Double(window.stride[place]))
      }
    case .volumeSamples(let samples):
      guard let places = Self.places(axes, rank) else { return everything }
      for (axis, place) in places.enumerated() {
        guard let sample = samples.first(where: { $0.axis == place }) else { continue }
        next.see(axis, cells: sample.cells, first: sample.first, step: sample.step)
      }
    case .samples(let samples):
      for axis in 0..<3 {
        guard let sample = samples.first(where: { $0.axis == axes[axis] }) else { continue }
        next.see(axis, cells: sample.cells, first: sample.first, step: sample.step)
      }
    case .moved(let places):
      let moved = axes.compactMap { $0 < places.count ? places[$0] : nil }
      guard moved.count == 3 else { return everything }
      next.axes = moved
    case .mixed(let mixed):
      return mixed.contains { axes.contains($0 < 0 ? $0 + rank : $0) } ? everything : next
    case .everything: return everything
    }
    return next
  }

  /// Which of D, H, W of the map of three axes the image's D, H, W are in a value of a rank; nil where one is none of them.
  private static func places(_ axes: [Int], _ rank: Int) -> [Int]? {
    let places = axes.compactMap { Shape.volumeAxis($0, ofRank: rank) }
    return places.count == 3 ? places : nil
  }

  /// The axes of a layer's map of three axes (0…2) that are the image's D, H, W; nil where it has no such place, or mixes slices.
  public func volumeAxes(ofRank rank: Int) -> [Int]? { axes.flatMap { Self.places($0, rank) } }

  private var everything: ReceptiveField {
    var field = self
    field.seesEverything = true
    field.axes = nil
    return field
  }

  /// Goes one step on along an axis: a cell sees so many of today's, cell 0's centre lies at `first` of them, the next `step` further.
  private mutating func see(_ axis: Int, cells: Int, first: Double, step: Double) {
    // Strides of a hostile file multiply beyond every integer.
    let seen = Double(size[axis]) + (Double(cells - 1) * jump[axis]).rounded(.up)
    size[axis] = seen < 0x1p53 ? Int(seen) : 1 << 53
    centre[axis] += first * jump[axis]
    jump[axis] *= step
  }
}
