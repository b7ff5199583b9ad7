internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// An activation repeated as a whole along each axis (ONNX Tile).
package struct Tile: Operator {
  package static let onnxNames = ["Tile"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  let repeats: [Int]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    guard let repeats = try node.integers(input: 1, attribute: "repeats"), repeats.count == input.rank,
      repeats.allSatisfy({ $0 > 0 && $0 < 1 << 20 }), 2 * input.rank <= Shape.mostAxes
    else { throw .malformed(node.node, "its repeats do not fit an input of shape \(input)") }
    self.repeats = repeats
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    Shape(zip(inputs[0].dimensions, repeats).map { $0 &* $1 })
  }

  package var mixesImages: Bool { repeats.first != 1 }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    // The result seen as [repeats, extent] along each axis.
    let x = inputs[0]
    let extents = zip(repeats, x.shape.dimensions).flatMap { [$0, $1] }
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .rowMajor)
    y.copy(
      from: x, sourceStrides: x.shape.strides(in: x.order).flatMap { [0, $0] },
      targetStrides: Shape(extents).strides(in: .rowMajor), extents: extents)
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    let extents = Shape(zip(repeats, input.dimensions).flatMap { [$0, $1] })
    let sums = upstream.ordered(.rowMajor).reinterpreted(as: extents, order: .rowMajor).reduced(
      PK_SUM, axes: Array(stride(from: 0, to: extents.rank, by: 2)))
    return [sums.reinterpreted(as: input, order: .rowMajor)]
  }

  package var field: SpatialField {
    repeats.indices.allSatisfy { $0 == 1 || repeats[$0] == 1 } ? .pointwise : .everything
  }
}
