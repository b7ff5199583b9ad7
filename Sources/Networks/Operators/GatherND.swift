package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Parts of a tensor at rows of constant indices (ONNX GatherND), as exporters write the picking of several entries at once.
package struct GatherND: Operator {
  package static let onnxNames = ["GatherND"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  private let data: Shape
  private let rows: IndexRows

  package init(_ node: OperatorContext) throws(PellucidError) {
    data = try node.shape()
    let list = try node.required(1, "indices")
    guard let indices = list.integers else { throw .malformed(node.node, "its indices are not integers") }
    rows = try IndexRows(
      node.node, indices: indices, shape: list.dimensions, data: data.dimensions,
      batchAxes: try node.node.int("batch_dims", default: 0))
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    guard inputs[0] == data else { throw .shapes("a GatherND", inputs, "it was made for \(data)") }
    return Shape(rows.output)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.rowMajor)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .rowMajor)
    for (place, offset) in rows.offsets.enumerated() {
      y.copy(
        from: x, sourceOffset: offset, sourceStrides: [1], targetOffset: place * rows.size, targetStrides: [1],
        extents: [rows.size])
    }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    var dx = Tensor(repeating: 0, shape: data, order: .rowMajor)
    for (place, offset) in rows.offsets.enumerated() {
      dx.copy(
        from: dy, sourceOffset: place * rows.size, sourceStrides: [1], targetOffset: offset, targetStrides: [1],
        extents: [rows.size], adding: true)
    }
    return [dx]
  }

  package var field: SpatialField { .everything }
}
