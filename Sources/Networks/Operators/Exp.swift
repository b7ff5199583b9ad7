internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// eˣ (ONNX Exp).
package struct Exp: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Exp"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_EXP, 0, 0) }
}
