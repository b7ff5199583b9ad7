internal import PellucidTensors

extension GraphMap {
  /// More steps than any known network has between two layers.
  private static let mostSteps = 64

  /// The steps that end at a place and only move the values of one earlier value; nil where one copy of it is no gain.
  func rearrangement(endingAt end: Int) -> Fusion? {
    let last = graph.nodes[end]
    let origin = origin(last.output)
    // Only where the moving ends: what lies before is part of it.
    guard origin != last.output, readers(of: last.output).allSatisfy({ self.origin($0.output) != origin }),
      liesRowMajor(origin)
    else { return nil }
    var found: Set<ValueID> = [last.output]
    var open = [last]
    while let node = open.popLast() {
      for input in node.inputs where input != origin {
        guard found.insert(input).inserted, let maker = maker(input) else { continue }
        guard found.count <= Self.mostSteps else { return nil }
        open.append(maker)
      }
    }
    let nodes = found.compactMap { place(making: $0) }.sorted().map { graph.nodes[$0] }
    guard nodes.count(where: { !($0.operation is Reshape) }) > 1 else { return nil }
    var places: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() { places[node.output] = index }
    let steps = nodes.map { node in
      PickedRows.Step(operation: node.operation, inputs: node.inputs.map { places[$0] ?? -1 })
    }
    guard let operation = PickedRows(steps, of: shape(origin)) else { return nil }
    return Fusion(
      node: Node(name: last.name, type: last.type, operation: operation, inputs: [origin], output: last.output),
      inner: found.subtracting([last.output]))
  }

  /// Whether a step only moves values, or puts zeros around them.
  static func moves(_ node: Node) -> Bool {
    switch node.operation {
    case is Transpose, is Reshape, is Slice: true
    case let step as Gather: step.place != nil
    case let step as Concat: step.constants.allSatisfy { $0 == nil }
    case let step as Pad: step.isConstant && step.value == 0
    default: false
    }
  }

  /// Whether a step leaves its output in ONNX's order in memory, given whether its inputs lie so; convolutions, pools and what is not known
  /// leave channels last.
  static func liesRowMajor(_ node: Node, _ inputs: [Bool], _ shape: Shape) -> Bool {
    guard shape.rank >= 3 else { return true }
    switch node.operation {
    case is Dense, is MatMul, is Reshape, is Gather: return true
    case let step as Transpose:
      let order: MemoryOrder = inputs[0] ? .rowMajor : .channelsLast
      let inMemory = order.axes(ofRank: shape.rank).map { axis in step.axes.firstIndex(of: axis) ?? 0 }
      return inMemory != MemoryOrder.channelsLast.axes(ofRank: shape.rank)
    case is LayerNormalization, is Binary, is Slice, is Pad, is Concat, is Softmax, is Gelu, is Erf: return inputs[0]
    default: return false
    }
  }
}
