internal import PellucidNetworks
internal import PellucidTensors

/// Where in the image the elements of a network's tensors come from, as far as they only were moved, transformed each for itself, or summed up.
///
/// Coordinates go through the network in place of values: what moves values moves them, what averages averages them; a dense layer's
/// outputs lie in the middle of its inputs; of a product of two activations the rows are the left one's, as attention's outputs are their
/// queries'. What was added on the way, such as a class token, has no place.
struct TokenPlaces {
  /// Coordinates lie this far above 0, so that constants among them are told apart. (Small enough for single precision.)
  private static let offset: Float = 4096

  private let graph: Graph
  private let fields: [ValueID: ReceptiveField]
  private let makers: [ValueID: Node]
  private var known: [ValueID: [Tensor]?] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    fields = ReceptiveField.all(of: graph)
    makers = Dictionary(graph.nodes.map { ($0.output, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The place of each element of a value in voxels along D, H, W, row by row; nil where an element has none.
  ///
  /// - Parameters:
  ///   - keys: of attention, the places of the columns and not of the rows.
  ///   - step: of every so many elements only.
  mutating func places(of value: ValueID, keys: Bool = false, every step: Int = 1) -> [[Double]?]? {
    guard let tensors = keys ? keyCoordinates(of: value) : coordinates(of: value) else { return nil }
    let values = tensors.map { $0.ordered(.rowMajor).values }
    return stride(from: 0, to: values[0].count, by: step).map { element in
      let own = values.map { $0[element] }
      // A mean with something that has no place lies between.
      guard own.allSatisfy({ $0 > Self.offset - 1024 && $0 < 2 * Self.offset }) else { return nil }
      return own.map { Double($0 - Self.offset) }
    }
  }

  private mutating func coordinates(of value: ValueID) -> [Tensor]? {
    if let found = known[value] { return found }
    let found = make(value)
    known[value] = .some(found)
    return found
  }

  private mutating func make(_ value: ValueID) -> [Tensor]? {
    let maker = makers[value]
    // Windows slide over a grid that is still one; whatever only moves values is followed value by value: a roll is no grid any more.
    if maker.map(Self.slides) ?? true, let field = fields[value], let axes = field.axes {
      return onGrid(value, field, axes)
    }
    guard let node = maker else { return nil }
    var inputs: [[Tensor]?] = []
    for input in node.inputs { inputs.append(coordinates(of: input)) }
    return through(node, inputs)
  }

  /// The coordinates of attention's columns: those of the right operand of the product that scores them.
  private mutating func keyCoordinates(of value: ValueID) -> [Tensor]? {
    var path: [Node] = []
    var here = value
    while let node = makers[here], path.count < 12 {
      if node.operation.role == .bilinear, node.inputs.count == 2 {
        guard var found = coordinates(of: node.inputs[1]).flatMap({ mean($0, of: node, operand: 1) }) else {
          return nil
        }
        for step in path.reversed() {
          let inputs = step.inputs.map { $0 == here ? found : nil }
          guard let next = through(step, inputs) else { return nil }
          (found, here) = (next, step.output)
        }
        return found
      }
      path.append(node)
      guard let next = node.inputs.first else { return nil }
      here = next
    }
    return coordinates(of: value)
  }

  private static func slides(_ node: Node) -> Bool {
    guard node.operation.role != .rearrangement else { return false }
    return switch node.operation.field {
    case .window, .samples, .volumeSamples: true
    default: false
    }
  }

  private func onGrid(_ value: ValueID, _ field: ReceptiveField, _ axes: [Int]) -> [Tensor]? {
    let shape = graph.shape(of: value)
    guard axes.allSatisfy({ $0 < shape.rank }) else { return nil }
    return (0..<3).map { axis in
      let line = (0..<shape[axes[axis]]).map {
        Float(field.centre[axis] + field.jump[axis] * Double($0)) + Self.offset
      }
      var own = Array(repeating: 1, count: shape.rank)
      own[axes[axis]] = line.count
      return Tensor(line, shape: Shape(own)).broadcast(to: shape)
    }
  }

  /// What a step makes of its inputs' coordinates.
  private func through(_ node: Node, _ inputs: [[Tensor]?]) -> [Tensor]? {
    let shape = graph.shape(of: node.output)
    guard inputs.contains(where: { $0 != nil }) else { return nil }
    switch node.operation.role {
    case .rearrangement:
      return (0..<3).mapOrNil { axis in
        let all = zip(node.inputs, inputs).map { input, own in
          own?[axis] ?? Tensor(repeating: 0, shape: graph.shape(of: input), order: .rowMajor)
        }
        return try? node.operation.forward(all)
      }
    case .dense:
      return inputs[0]?.map { $0.meanOverLast.broadcast(to: shape) }
    case .bilinear:
      for operand in inputs.indices {
        if let own = inputs[operand] { return mean(own, of: node, operand: operand) }
      }
      return nil
    default: break
    }
    if node.type.hasPrefix("Reduce") || ["GlobalAveragePool", "AveragePool", "MatMul", "Einsum"].contains(node.type),
      inputs.count == 1, let own = inputs[0]
    {
      return mean(own, of: node, operand: 0)
    }
    let fitting = zip(node.inputs, inputs).first { graph.shape(of: $0.0) == shape && $0.1 != nil }?.1
    return (fitting ?? inputs.compactMap { $0 }.first).flatMap { own in
      own.mapOrNil { $0.shape == shape ? $0 : Shape.fits($0.shape, shape) ? $0.broadcast(to: shape) : nil }
    }
  }

  /// The mean of an operand's coordinates over what a linear step sums up for each output.
  private func mean(_ own: [Tensor], of node: Node, operand: Int) -> [Tensor]? {
    func ones(_ input: ValueID) -> Tensor { Tensor(repeating: 1, shape: graph.shape(of: input), order: .rowMajor) }
    var operands = node.inputs.map(ones)
    guard let count = try? node.operation.forward(operands) else { return nil }
    return own.mapOrNil { tensor in
      operands[operand] = tensor
      guard let sum = try? node.operation.forward(operands) else { return nil }
      let counts = count.ordered(.rowMajor).values
      let sums = sum.ordered(.rowMajor).values
      return Tensor(zip(sums, counts).map { $1 == 0 ? 0 : $0 / $1 }, shape: sum.shape)
    }
  }
}

extension Sequence {
  /// The results, unless one is nil.
  fileprivate func mapOrNil<Result>(_ transform: (Element) -> Result?) -> [Result]? {
    var out: [Result] = []
    for element in self {
      guard let next = transform(element) else { return nil }
      out.append(next)
    }
    return out
  }
}

extension Shape {
  /// Whether a shape broadcasts to another.
  fileprivate static func fits(_ a: Shape, _ b: Shape) -> Bool { broadcast(a, b) == b }
}

extension Tensor {
  /// The same values along the axes of a shape that it broadcasts to.
  fileprivate func broadcast(to wanted: Shape) -> Tensor {
    Tensor(repeating: 0, shape: wanted, order: .rowMajor).combined(.add, with: ordered(.rowMajor))
  }

  /// The mean over the last axis, whose extent becomes 1.
  fileprivate var meanOverLast: Tensor {
    let values = ordered(.rowMajor).values
    let width = shape.dimensions.last ?? 1
    var out: [Float] = []
    for row in stride(from: 0, to: values.count, by: max(width, 1)) {
      out.append(Float(values[row..<(row + width)].reduce(0.0) { $0 + Double($1) } / Double(width)))
    }
    return Tensor(out, shape: Shape(shape.dimensions.dropLast() + [1]))
  }
}
