internal import CKernels
package import Faults
internal import OnnxFormat

/// eˣ (ONNX Exp).
package struct Exp: ElementwiseOperator {
  package static let onnxNames = ["Exp"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_EXP, 0, 0) }
}
