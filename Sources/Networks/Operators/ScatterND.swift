package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Parts of a tensor replaced at constant places (ONNX ScatterND): exporters write assignments to slices with it.
package struct ScatterND: Operator, MultiInputOperator {
  package static let onnxNames = ["ScatterND"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  /// For each part of the updates, its first place among the data of one image; parts that a later one overwrites are left out.
  private let places: [(part: Int, offset: Int)]
  /// Values of a part.
  private let size: Int
  private let data: Shape
  private let updates: Shape
  private let constants: [Tensor?]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let reduction = try node.node.string("reduction", default: "none")
    guard reduction == "none" else { throw .form(node.node, "its reduction is \(reduction)", wanted: "none") }
    guard node.operands.count == 3 else { throw .malformed(node.node, "\(node.operands.count) operands") }
    data = try node.shape(0)
    updates = try node.shape(2)
    let list = try node.required(1, "indices")
    guard let indices = list.integers else { throw .malformed(node.node, "its indices are not integers") }
    let rows = try IndexRows(node.node, indices: indices, shape: list.dimensions, data: data.dimensions)
    guard updates.dimensions == rows.output else {
      throw .malformed(node.node, "parts of shape \(updates) at indices of shape \(Shape(list.dimensions))")
    }
    size = rows.size
    var last: [Int: Int] = [:]
    for (part, offset) in rows.offsets.enumerated() { last[offset] = part }
    places = last.map { (part: $0.value, offset: $0.key) }.sorted { $0.part < $1.part }
    constants = try [0, 2].map { (place) throws(PellucidError) in
      guard case .constant(let tensor) = node.operands[place] else { return nil }
      return Tensor(tensor.asFloats, shape: Shape(tensor.dimensions))
    }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    var rest = inputs[...]
    let shapes = constants.compactMap { $0?.shape ?? rest.popFirst() }
    guard shapes == [data, updates] else {
      throw .shapes("an assignment of parts", shapes, "it was made for \(data) and \(updates)")
    }
    return data
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var rest = inputs[...]
    let all = constants.compactMap { $0 ?? rest.popFirst() }.map { $0.ordered(.rowMajor) }
    var y = all[0]
    for (part, offset) in places {
      y.copy(
        from: all[1], sourceOffset: part * size, sourceStrides: [1], targetOffset: offset, targetStrides: [1],
        extents: [size])
    }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    var gradients: [Tensor] = []
    if constants[0] == nil {
      var rest = dy
      let zeros = Tensor(repeating: 0, shape: Shape([size]), order: .rowMajor)
      for (_, offset) in places {
        rest.copy(from: zeros, sourceStrides: [1], targetOffset: offset, targetStrides: [1], extents: [size])
      }
      gradients.append(rest)
    }
    if constants[1] == nil {
      var parts = Tensor(repeating: 0, shape: updates, order: .rowMajor)
      for (part, offset) in places {
        parts.copy(
          from: dy, sourceOffset: offset, sourceStrides: [1], targetOffset: part * size, targetStrides: [1],
          extents: [size])
      }
      gradients.append(parts)
    }
    return gradients
  }

  package var field: SpatialField { .everything }
}
