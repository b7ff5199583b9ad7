package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// x where x > 0, else slope·x, with a trained slope a channel or one for all (ONNX PRelu).
package struct PRelu: Operator {
  package static let onnxNames = ["PRelu"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs
  let slope: Tensor

  package init(_ node: OperatorContext) throws(PellucidError) {
    let (values, dimensions) = try node.requiredFloats(1, "slopes")
    let input = try node.shape()
    // Exporters write slopes as [C, 1, 1, 1]; old ones as [C], which then means the channel axis.
    var shape = Shape(dimensions)
    if dimensions.count == 1, input.rank > 2, dimensions[0] == input[1], dimensions[0] != 1 {
      shape = Shape([dimensions[0]] + Array(repeating: 1, count: input.rank - 2))
    }
    guard Shape.broadcast(input, shape) == input else {
      throw .malformed(node.node, "slopes of shape \(shape) for \(input)")
    }
    slope = Tensor(values, shape: shape)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0]
    return x.clamped(low: 0).combined(.add, with: x.clamped(high: 0).combined(.multiply, with: slope))
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let x = saved.input()
    let dy = upstream.ordered(x.order)
    // slope·dy everywhere, and (1 − slope)·dy more where x > 0.
    let sloped = dy.combined(.multiply, with: slope)
    let more = dy.combined(.subtract, with: sloped).combined(.gate, with: x)
    return [sloped.combined(.add, with: more)]
  }

  package var parameterCount: Int { slope.count }
}
