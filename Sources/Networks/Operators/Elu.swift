internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// x where x > 0, else α·(eˣ − 1); α = 1 unless the node says otherwise (ONNX Elu).
package struct Elu: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Elu"]
  private let alpha: Float

  package init(_ node: OperatorContext) throws(PellucidError) { alpha = try node.node.float("alpha", default: 1) }
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_ELU, alpha, 0) }
}
