internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// The natural logarithm (ONNX Log).
package struct Log: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Log"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_LOG, 0, 0) }
}
