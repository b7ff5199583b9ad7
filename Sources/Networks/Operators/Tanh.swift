internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// The hyperbolic tangent (ONNX Tanh).
package struct Tanh: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Tanh"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_TANH, 0, 0) }
}
