internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

extension GraphImport {
  /// One place of a map's axis, without the axis: a Slice and a Squeeze, through which boxes go.
  mutating func addPick(_ context: OperatorContext) throws(PellucidError) -> Bool {
    let node = context.node
    guard context.operands.count > 1 else { return false }
    let shape = try context.shape()
    let axis = try context.axis(node.int("axis", default: 0), rank: shape.rank)
    guard shape.rank >= 4, axis >= 2, let output = node.outputs.first, case .constant(let index) = context.operands[1],
      index.dimensions.isEmpty, let given = index.integers?.first
    else { return false }
    let place = given < 0 ? Int(given) + shape[axis] : Int(given)
    guard (0..<shape[axis]).contains(place), case .value(let input)? = bindings[node.inputs[0]] else { return false }
    let cut = part("place \(place)", of: node)
    try append(
      OnnxNode(name: cut, operation: "Slice", inputs: [node.inputs[0]], outputs: [cut], attributes: [:]),
      Slice([Slice.Cut(axis: axis, start: place, step: 1, count: 1)], dropping: nil), [input], output: cut)
    let axes = constant(.integers([Int64(axis)], [1]), "axis", of: node)
    try add("Squeeze", [cut, axes], as: output, for: node, ["axes": .ints([axis])])
    return true
  }
}
