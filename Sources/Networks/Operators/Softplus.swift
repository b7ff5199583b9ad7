internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// log(1 + eˣ) (ONNX Softplus).
package struct Softplus: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Softplus"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SOFTPLUS, 0, 0) }
}
