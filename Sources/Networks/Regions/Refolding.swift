internal import PellucidFaults
internal import PellucidTensors

/// Transposes and reshapes one after another that only give a map's axes other places: the slices of a volume folded into the first axis,
/// or taken as channels, and back.
///
/// Boxes go through it: each spatial axis of the output is one of the input's, and axes that became channels are taken whole.
struct Refolding: RegionOperator {
  static let onnxNames: [String] = []
  let role = Role.rearrangement
  let gradientNeeds: GradientNeeds = []
  /// The steps that it stands for.
  private let steps: [any Operator]
  /// For D, H, W of the input: the spatial axis of the output that it becomes; nil where it became channels, or has one place only.
  let places: [Int?]
  /// What the output's channels are made of, slowest first: 0 for the input's channels, 1…3 for its D, H, W.
  private let channels: [Int]
  /// Extents of C, D, H, W of the input.
  private let extents: [Int]
  private let outputRank: Int

  /// - Parameter input: the shape of one image.
  /// - Returns: nil where the steps do more than move axes of a map, or take channels apart from each other.
  init?(_ steps: [any Operator], from input: Shape) {
    guard input.isMap, var shape = Optional(input) else { return nil }
    extents = Array(input.asVolume.dimensions[1...])
    // What each axis is made of, as C, D, H, W; axes of one place are left out.
    var axes: [[Int]] = (0..<input.rank).map { axis in
      guard input[axis] > 1 else { return [] }
      return axis == 1 ? [0] : Shape.volumeAxis(axis, ofRank: input.rank).map { [$0 + 1] } ?? []
    }
    guard input.rank < 5 || input[0] == 1 else { return nil }
    for step in steps {
      guard let next = try? step.shape(of: [shape]) else { return nil }
      switch step {
      case let transpose as Transpose: axes = transpose.axes.map { axes[$0] }
      case is Reshape:
        guard let regrouped = Self.regrouped(axes.flatMap { $0 }, extents, as: next) else { return nil }
        axes = regrouped
      default: return nil
      }
      shape = next
    }
    guard shape.isMap, shape.rank < 5 || axes[0].isEmpty else { return nil }
    channels = axes[1]
    outputRank = shape.rank
    var places: [Int?] = [nil, nil, nil]
    for axis in 0..<shape.rank where axis != 1 {
      guard let atom = axes[axis].first else { continue }
      guard axes[axis].count == 1, atom > 0, let place = Shape.volumeAxis(axis, ofRank: shape.rank) else { return nil }
      places[atom - 1] = place
    }
    self.places = places
    self.steps = steps
  }

  /// The parts of an image's axes, in order, that make each extent of a shape; nil where one would be taken apart.
  private static func regrouped(_ parts: [Int], _ extents: [Int], as shape: Shape) -> [[Int]]? {
    var rest = parts[...]
    var axes: [[Int]] = []
    for extent in shape.dimensions {
      var own: [Int] = []
      var size = 1
      while size < extent, let part = rest.popFirst() {
        own.append(part)
        size *= extents[part]
      }
      guard size == extent else { return nil }
      axes.append(own)
    }
    return rest.isEmpty ? axes : nil
  }

  init(_ node: OperatorContext) throws(PellucidError) {
    preconditionFailure("no ONNX operator is a Refolding")
  }

  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var shape = inputs[0]
    for step in steps { shape = try step.shape(of: [shape]) }
    return shape
  }

  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var value = inputs[0]
    for step in steps { value = try step.forward([value]) }
    return value
  }

  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    preconditionFailure("a form for passes that are not walked back")
  }

  /// The output's axis of each axis of the input's, those that have none getting what is left over.
  var permutation: [Int] {
    var free = (0..<3).filter { !places.contains($0) }
    return places.map { $0 ?? free.removeFirst() }
  }

  /// Through what window the output sees the axes of the input, by the input's axes.
  func regionWindow(_ inputs: [Shape]) -> Window? {
    let kernel = (0..<3).map { places[$0] == nil ? extents[$0 + 1] : 1 }
    return Window(kernel: kernel, stride: [1, 1, 1], dilation: [1, 1, 1], padBefore: [0, 0, 0])
  }

  func forward(_ inputs: [ChangedMap], onto boxes: Boxes, rectified: Bool) throws(PellucidError) -> Tensor {
    let n = boxes.count
    let seen = (0..<3).map { axis in places[axis].map { boxes.extents[$0] } ?? extents[axis + 1] }
    let corners = (0..<n).flatMap { image in
      places.map { place -> Int64 in place.map { boxes.corners[3 * image + $0] } ?? 0 }
    }
    let x = inputs[0].crop(to: Boxes(extents: seen, corners: corners))
    let own = [extents[0]] + seen
    let result = Shape([n, channels.reduce(1) { $0 * extents[$1] }] + boxes.extents)
    var y = Tensor(unfilled: result, order: .channelsLast)
    let to = result.strides(in: .channelsLast)
    // The stride of each of C, D, H, W in the output: among the channels, or as an axis of its own.
    var strides = [0, 0, 0, 0]
    for (axis, place) in places.enumerated() { if let place { strides[axis + 1] = to[place + 2] } }
    var size = 1
    for part in channels.reversed() {
      strides[part] = size
      size *= extents[part]
    }
    y.copy(
      from: x, sourceStrides: x.shape.strides(in: .channelsLast), targetStrides: [to[0]] + strides, extents: [n] + own)
    return y
  }
}

extension Graph {
  /// The graph for passes on boxes: chains of transposes and reshapes that only move a map's axes become one step each.
  func refolding() -> Graph {
    let readers = readers()
    var graph = self
    var merged: Set<Int> = []
    var place = 0
    while place < nodes.count {
      var last = place
      while Self.moves(nodes[last]), last + 1 < nodes.count, Self.moves(nodes[last + 1]),
        nodes[last + 1].inputs == [nodes[last].output], readers[nodes[last].output.index] == 1
      {
        last += 1
      }
      // The longest part of the chain that is understood.
      for end in (place...last).reversed() where Self.moves(nodes[place]) {
        guard let step = Refolding(nodes[place...end].map(\.operation), from: shape(of: nodes[place].inputs[0])) else {
          continue
        }
        graph.nodes[end] = Node(
          name: nodes[end].name, type: nodes[end].type, operation: step, inputs: nodes[place].inputs,
          output: nodes[end].output)
        merged.formUnion(place..<end)
        last = end
        break
      }
      place = last + 1
    }
    graph.nodes = graph.nodes.indices.filter { !merged.contains($0) }.map { graph.nodes[$0] }
    return graph
  }

  private static func moves(_ node: Node) -> Bool { node.operation is Transpose || node.operation is Reshape }
}
