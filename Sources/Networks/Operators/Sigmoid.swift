internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// 1 / (1 + e⁻ˣ) (ONNX Sigmoid).
package struct Sigmoid: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Sigmoid"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SIGMOID, 0, 0) }
}
