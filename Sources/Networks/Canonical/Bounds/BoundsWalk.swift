internal import PellucidFaults
internal import PellucidTensors

/// Carries bounds through a graph, one rule a kind of operator, from the last layers with many weights on, whose values may be anything.
///
/// A value is a linear form of unknowns (`LinearForm`), each of which has an interval. Linear steps keep forms; functions, products and quotients
/// make unknowns of their own, the same one where the same is computed twice.
struct BoundsWalk {
  let graph: Graph
  private(set) var atoms: [Interval] = []
  private var known: [ValueID: Bounds] = [:]
  /// Unknowns that were made, by what was computed.
  var made: [Key: Bounds.Cell] = [:]
  /// The value whose logarithm an unknown is.
  var logarithms: [Int: Bounds.Cell] = [:]

  enum Key: Hashable {
    case function(String, LinearForm)
    case product(Int, Int)
    /// An unknown, or 1, over a form.
    case quotient(Int?, LinearForm)
    case extreme(Bool, LinearForm, LinearForm)
  }

  /// Layers with more weights than this are where the walk begins.
  private static let mostWeights = 1024
  /// As many terms as the values of a tensor may have together, and as many as all of them may have.
  private static let mostTerms = (one: 1 << 16, all: 1 << 22)
  private var terms = 0

  init(_ graph: Graph) { self.graph = graph }

  /// The bounds of a value.
  mutating func bounds(of value: ValueID) -> Bounds {
    let needed = self.needed(for: value)
    for node in graph.nodes where needed.contains(node.output) {
      let inputs = node.inputs.map { known[$0] ?? fresh(graph.shape(of: $0), .all) }
      for (input, bounds) in zip(node.inputs, inputs) { known[input] = bounds }
      known[node.output] = follow(node, inputs)
    }
    return known[value] ?? fresh(graph.shape(of: value), .all)
  }

  /// What was found for a value on the way.
  func found(_ value: ValueID) -> Bounds? { known[value] }

  /// The values on the way to one, back to the layers whose outputs may be anything.
  private func needed(for value: ValueID) -> Set<ValueID> {
    var needed: Set<ValueID> = [value]
    for node in graph.nodes.reversed() where needed.contains(node.output) && !isOpen(node) {
      needed.formUnion(node.inputs)
    }
    return needed
  }

  private func isOpen(_ node: Node) -> Bool {
    switch node.operation {
    case is any LinearOperator:
      graph.shape(of: node.inputs[0]).count * graph.shape(of: node.output).count > Self.mostWeights
    default: [.normalization, .layerNormalization].contains(node.operation.role)
    }
  }

  private mutating func follow(_ node: Node, _ inputs: [Bounds]) -> Bounds {
    let shape = graph.shape(of: node.output)
    guard !isOpen(node) else { return fresh(shape, .all) }
    guard terms < Self.mostTerms.all else { return Bounds(shape, interval: .all) }
    guard let found = cells(of: node, inputs, shape), let cells = found.cells else {
      return fresh(shape, Self.interval(of: node, inputs))
    }
    let count = cells.reduce(0) { $0 + 1 + $1.form.terms.count }
    terms += count
    guard count > Self.mostTerms.one + cells.count else { return found }
    return Bounds(shape, cells.map { atom($0.interval) }, found.layout)
  }

  /// A new unknown.
  mutating func atom(_ interval: Interval) -> Bounds.Cell {
    atoms.append(interval)
    return Bounds.Cell(form: LinearForm(atom: atoms.count - 1), interval: interval)
  }

  /// A value of a form, of which something more may be known.
  func cell(_ form: LinearForm, _ interval: Interval = .all) -> Bounds.Cell {
    Bounds.Cell(form: form, interval: interval.intersected(form.range(atoms)))
  }

  /// A number.
  func number(_ value: Double) -> Bounds.Cell {
    Bounds.Cell(form: LinearForm(constant: value), interval: Interval(value))
  }

  /// A tensor of which nothing but bounds is known.
  mutating func fresh(_ shape: Shape, _ interval: Interval) -> Bounds {
    guard let (layout, cells) = Bounds.layout(of: shape) else { return Bounds(shape, interval: interval) }
    return Bounds(shape, (0..<cells.count).map { _ in atom(interval) }, layout)
  }

  /// The result of a rule that knows each value; nil where none does.
  private mutating func cells(of node: Node, _ inputs: [Bounds], _ shape: Shape) -> Bounds? {
    guard let (layout, cellShape) = Bounds.layout(of: shape) else { return nil }
    var operands: [[Bounds.Cell]] = []
    for input in inputs {
      guard let cells = input.cells else { return nil }
      operands.append(cells)
    }
    let shapes = inputs.map(\.cellShape)
    let isByChannel = layout == .byChannel || inputs.contains { $0.layout == .byChannel }
    if isByChannel, !Self.holdsAtEveryVoxel(node, inputs, cellShape) { return nil }
    var found: [Bounds.Cell]?
    switch node.operation {
    case let step as Softmax: found = softmax(step, operands[0], shapes[0])
    case let step as Binary: found = combined(step, operands, shapes, cellShape)
    case let step as MatMul where inputs.count == 2: found = product(step, operands, shapes, cellShape)
    case is Reciprocal: found = operands[0].map { quotient(number(1), $0) }
    case let step as ConstantPower: found = operands[0].map { power(step, $0) }
    case is Abs:
      found = operands[0].map { $0.interval.low >= 0 ? $0 : function("Abs", $0, Self.magnitude($0.interval)) }
    case is Neg: found = operands[0].map { cell($0.form.scaled(by: -1), $0.interval.scaled(by: -1)) }
    case is Compare: return nil
    case _ where node.operation.role == .rearrangement: found = moved(node.operation, operands, shapes)
    case is any GrowingFunction: found = growing(node.operation, operands[0])
    case _ where node.operation.gradientNeeds.isEmpty: found = linear(node.operation, operands, shapes)
    default: return nil
    }
    guard var found, found.count == cellShape.count else { return nil }
    if layout == .each, inputs.contains(where: { $0.layout == .byChannel }) {
      // Means over voxels: of the same combinations, other numbers.
      var renamed: [Int: Int] = [:]
      found = found.map { meanOverVoxels($0, &renamed) }
    }
    return Bounds(shape, found, layout)
  }

  /// Whether what a step does to one voxel of a map it does to every voxel alike, or means it over all of them.
  private static func holdsAtEveryVoxel(_ node: Node, _ inputs: [Bounds], _ cellShape: Shape) -> Bool {
    let rank = inputs[0].shape.rank
    switch node.operation {
    case let step as Reduce: return step.kind == .mean && step.axes == Array(2..<rank) && inputs[0].layout == .byChannel
    case let step as Softmax: return step.axes(inputs[0].shape) == [1]
    case let step as Concat: return step.axis == 1 && (try? step.shape(of: inputs.map(\.cellShape))) == cellShape
    case let step as Binary: return (try? step.shape(of: inputs.map(\.cellShape))) == cellShape
    case is any PointwiseOperator, is Relu: return true
    default: return false
    }
  }

  private mutating func meanOverVoxels(_ cell: Bounds.Cell, _ renamed: inout [Int: Int]) -> Bounds.Cell {
    var form = LinearForm(constant: cell.form.constant)
    for (old, factor) in cell.form.terms.sorted(by: { $0.key < $1.key }) {
      if renamed[old] == nil {
        _ = atom(atoms[old])
        renamed[old] = atoms.count - 1
      }
      if let new = renamed[old] { form.terms[new] = factor }
    }
    return self.cell(form, cell.interval)
  }
}
