internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// x to the power y with NumPy's broadcasting (ONNX Pow); one of them may be a constant.
///
///     ∂/∂x = y·x^(y−1)      ∂/∂y = x^y·ln x, 0 where x is 0
package struct Pow: Operator, MultiInputOperator {
  package static let onnxNames = ["Pow"]
  package let role = Role.other
  package let gradientNeeds: GradientNeeds = .inputs
  private let operands: MixedOperands

  package init(_ node: OperatorContext) throws(PellucidError) {
    operands = try MixedOperands(node, count: 2)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try operands.shape(inputs, of: "Pow") }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let all = operands.tensors(inputs)
    return all[0].combined(.power, with: all[1])
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let all = operands.tensors(saved.inputs.compactMap { $0 })
    let (base, exponent) = (all[0], all[1])
    let one = Tensor([1], shape: Shape([1]))
    let dy = upstream
    var gradients: [Tensor] = []
    if operands.constants[0] == nil {
      let slope = base.combined(.power, with: exponent.combined(.subtract, with: one)).combined(
        .multiply, with: exponent)
      gradients.append(dy.combined(.multiply, with: slope).summed(to: saved.inputShapes[0]))
    }
    if operands.constants[1] == nil {
      // ln of the positive bases only: elsewhere the power does not change smoothly with its exponent.
      let above = base.combined(.gate, with: base)
      let isAbove = above.combined(.notBelow, with: Tensor([Float.leastNonzeroMagnitude], shape: Shape([1])))
      let safe = above.combined(.add, with: one.combined(.subtract, with: isAbove))
      let slope = base.combined(.power, with: exponent).combined(.multiply, with: try Kernels.apply(PK_LOG, to: safe))
      gradients.append(dy.combined(.multiply, with: slope).summed(to: saved.inputShapes[gradients.count]))
    }
    return gradients
  }
}

/// x to a power that is one constant for all values.
struct ConstantPower: ElementwiseOperator {
  static let onnxNames = ["Pow"]
  private let exponent: Float

  /// The power of a node whose exponent is one number; nil for every other.
  init?(constantExponent node: OperatorContext) {
    guard node.operands.count == 2, case .dynamic(let base) = node.operands[0],
      case .constant(let constant) = node.operands[1], constant.count == 1,
      constant.dimensions.count <= base.rank, let value = constant.asFloats.first
    else { return nil }
    exponent = value
  }

  init(_ node: OperatorContext) throws(PellucidError) {
    guard let power = ConstantPower(constantExponent: node) else {
      throw .form(node.node, "its exponent is a tensor", wanted: "one number")
    }
    self = power
  }

  /// Whether it is x², or √x.
  var isSquare: Bool { exponent == 2 }
  var isRoot: Bool { exponent == 0.5 }

  var function: (kind: pk_function, alpha: Float, beta: Float) {
    exponent == 2 ? (PK_SQUARE, 0, 0) : exponent == 0.5 ? (PK_SQRT, 0, 0) : (PK_POW, 1, exponent)
  }
}
