internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// |x| (ONNX Abs).
package struct Abs: ElementwiseOperator {
  package static let onnxNames = ["Abs"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_ABS, 0, 0) }
}
