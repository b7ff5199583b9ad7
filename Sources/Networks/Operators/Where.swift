package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// a where a condition holds, else b (ONNX Where); any of the three may be a constant.
package struct Where: Operator, MultiInputOperator {
  package static let onnxNames = ["Where"]
  package let role = Role.other
  package let gradientNeeds: GradientNeeds
  let operands: MixedOperands

  package init(_ node: OperatorContext) throws(PellucidError) {
    operands = try MixedOperands(node, count: 3)
    gradientNeeds = operands.constants[0] == nil ? .inputs : []
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try operands.shape(inputs, of: "Where") }

  /// `x` where the condition is `holds`, else 0, of the shape of both together.
  private func gated(_ x: Tensor, by condition: Tensor, holds: Bool) -> Tensor {
    let zero = Tensor([0], shape: Shape([1]))
    // 1 where the condition holds, whatever its values are.
    let below = condition.combined(.notBelow, with: zero).combined(
      .multiply, with: zero.combined(.notBelow, with: condition))
    let gate = holds ? Tensor([1], shape: Shape([1])).combined(.subtract, with: below) : below
    return x.combined(.gate, with: gate)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let all = operands.tensors(inputs)
    return gated(all[1], by: all[0], holds: true).combined(.add, with: gated(all[2], by: all[0], holds: false))
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    var gradients: [Tensor] = []
    let condition = operands.constants[0] ?? saved.input(0)
    for (place, constant) in operands.constants.enumerated() where constant == nil {
      let shape = saved.inputShapes[gradients.count]
      gradients.append(
        place == 0
          ? Tensor(repeating: 0, shape: shape)
          : gated(upstream, by: condition, holds: place == 1).summed(to: shape))
    }
    return gradients
  }
}
