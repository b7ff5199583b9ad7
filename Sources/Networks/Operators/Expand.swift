package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// An activation repeated along axes of extent 1, as NumPy's broadcasting does (ONNX Expand).
package struct Expand: Operator {
  package static let onnxNames = ["Expand"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  private let target: Shape
  /// Whether nothing but the channels is repeated.
  private let isByChannel: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    guard let extents = try node.integers(input: 1, attribute: "shape") else {
      throw .malformed(node.node, "its shape is missing")
    }
    target = Shape(extents)
    let input = try node.shape()
    guard target.isManageable, let output = Shape.broadcast(input, target) else {
      throw .shapes("node \(node.node.name)", [input, target], "they cannot be broadcast together")
    }
    isByChannel =
      output.rank == input.rank && output.dimensions.indices.allSatisfy { $0 == 1 || output[$0] == input[$0] }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    guard let shape = Shape.broadcast(inputs[0], target) else {
      throw .shapes("an expansion", [inputs[0], target], "they cannot be broadcast together")
    }
    return shape
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let shape = try shape(of: [inputs[0].shape])
    let x = shape.rank == inputs[0].shape.rank ? inputs[0] : inputs[0].ordered(.rowMajor)
    let missing = shape.rank - x.shape.rank
    let own = x.shape.strides(in: x.order)
    let strides = (0..<shape.rank).map { axis in
      axis < missing || x.shape[axis - missing] != shape[axis] ? 0 : own[axis - missing]
    }
    var y = Tensor(unfilled: shape, order: x.order)
    y.copy(
      from: x, sourceStrides: strides, targetStrides: shape.strides(in: x.order), extents: shape.dimensions)
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [upstream.summed(to: saved.inputShapes[0])]
  }

  package var field: SpatialField { isByChannel ? .pointwise : .everything }
}
