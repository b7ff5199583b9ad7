internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// x·tanh(ln(1 + eˣ)) (ONNX Mish).
package struct Mish: ElementwiseOperator {
  package static let onnxNames = ["Mish"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_MISH, 0, 0) }
}
