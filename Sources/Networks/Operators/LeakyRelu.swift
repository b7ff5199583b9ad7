internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// x where x > 0, else α·x; α = 0.01 unless the node says otherwise (ONNX LeakyRelu).
package struct LeakyRelu: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["LeakyRelu"]
  private let alpha: Float

  package init(_ node: OperatorContext) throws(PellucidError) { alpha = try node.node.float("alpha", default: 0.01) }
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_LEAKY_RELU, alpha, 0) }
}
