internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// The square root (ONNX Sqrt).
package struct Sqrt: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Sqrt"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SQRT, 0, 0) }
}
