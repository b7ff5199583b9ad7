package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// Entries of an axis by constant indices (ONNX Gather), such as the class token of a transformer.
package struct Gather: Operator {
  package static let onnxNames = ["Gather"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  private let axis: Int
  private let indices: [Int]
  private let indexShape: [Int]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    axis = try node.axis(node.node.int("axis", default: 0), rank: input.rank)
    let list = try node.required(1, "indices")
    guard let values = list.integers else { throw .malformed(node.node, "its indices are not integers") }
    let extent = input[axis]
    indices = try values.map { (value) throws(PellucidError) in
      let index = value < 0 ? Int(value) + extent : Int(value)
      guard (0..<extent).contains(index) else { throw .malformed(node.node, "index \(value) of an axis of \(extent)") }
      return index
    }
    indexShape = list.dimensions
  }

  private func lined(_ input: Shape) -> Shape {
    var out = input.dimensions
    out[axis] = indices.count
    return Shape(out)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    Shape(inputs[0].dimensions[..<axis] + indexShape + inputs[0].dimensions[(axis + 1)...])
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.rowMajor)
    let shape = lined(x.shape)
    var y = Tensor(unfilled: shape, order: .rowMajor)
    move(shape, from: x, to: &y, gathering: true)
    return y.reinterpreted(as: try self.shape(of: [x.shape]), order: .rowMajor)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    let shape = lined(input)
    let dy = upstream.ordered(.rowMajor).reinterpreted(as: shape, order: .rowMajor)
    var dx = Tensor(repeating: 0, shape: input, order: .rowMajor)
    move(shape, from: dy, to: &dx, gathering: false)
    return [dx]
  }

  private func move(_ lined: Shape, from source: Tensor, to target: inout Tensor, gathering: Bool) {
    let from = source.shape.strides(in: .rowMajor)
    let to = target.shape.strides(in: .rowMajor)
    var extents = lined.dimensions
    extents[axis] = 1
    for (place, index) in indices.enumerated() {
      target.copy(
        from: source, sourceOffset: (gathering ? index : place) * from[axis], sourceStrides: from,
        targetOffset: (gathering ? place : index) * to[axis], targetStrides: to, extents: extents, adding: !gathering)
    }
  }

  /// The one place that it takes, without the axis; nil where it takes several.
  var place: Slice.Cut? {
    indexShape.isEmpty ? Slice.Cut(axis: axis, start: indices[0], step: 1, count: 1) : nil
  }

  package var field: SpatialField { .everything }
}
