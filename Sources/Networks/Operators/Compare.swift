package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// 1 where a comparison holds, else 0: ONNX Equal, Greater, GreaterOrEqual, Less and LessOrEqual; one operand may be a constant.
///
/// Its gradient is 0.
package struct Compare: Operator, MultiInputOperator {
  package static let onnxNames = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]
  package let role = Role.other
  package let gradientNeeds: GradientNeeds = []
  private let kind: String
  private let operands: MixedOperands

  package init(_ node: OperatorContext) throws(PellucidError) {
    kind = node.node.operation
    operands = try MixedOperands(node, count: 2)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try operands.shape(inputs, of: kind) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let all = operands.tensors(inputs)
    let isBelow = { () in all[1].combined(.notBelow, with: all[0]) }
    let isAbove = { () in all[0].combined(.notBelow, with: all[1]) }
    let not = { (x: Tensor) in Tensor([1], shape: Shape([1])).combined(.subtract, with: x) }
    return switch kind {
    case "Equal": isAbove().combined(.multiply, with: isBelow())
    case "Greater": not(isBelow())
    case "GreaterOrEqual": isAbove()
    case "Less": not(isAbove())
    default: isBelow()
    }
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    saved.inputShapes.map { Tensor(repeating: 0, shape: $0) }
  }
}
