internal import CKernels
package import Faults
internal import OnnxFormat

/// x raised to a constant (ONNX Pow).
package struct Pow: ElementwiseOperator {
  package let role = Role.other
  package static let onnxNames = ["Pow"]
  private let exponent: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    let constant = try node.required(1, "exponent")
    let value = constant.floats?.first ?? constant.integers?.first.map { Float($0) }
    guard constant.count == 1, let value else {
      throw .form(node.node, "its exponent is a tensor", wanted: "one number")
    }
    exponent = value
  }

  var function: (kind: pk_function, alpha: Float, beta: Float) {
    exponent == 2 ? (PK_SQUARE, 0, 0) : exponent == 0.5 ? (PK_SQRT, 0, 0) : (PK_POW, 1, exponent)
  }
}
