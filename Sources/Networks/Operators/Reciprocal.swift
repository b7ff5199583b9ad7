internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// 1/x (ONNX Reciprocal).
package struct Reciprocal: ElementwiseOperator {
  package static let onnxNames = ["Reciprocal"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_POW, 1, -1) }
}
