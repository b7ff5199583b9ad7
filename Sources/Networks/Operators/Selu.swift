internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// γ·x where x > 0, else γ·α·(eˣ − 1) (ONNX Selu).
///
/// Source: Klambauer et al. 2017, arXiv:1706.02515.
package struct Selu: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Selu"]
  private let alpha: Float
  private let gamma: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    alpha = try node.node.float("alpha", default: 1.6732632)
    gamma = try node.node.float("gamma", default: 1.0507010)
  }

  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_ELU, alpha, 0) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try Kernels.apply(PK_ELU, alpha, 0, to: inputs[0]).scaled(by: gamma)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [try Kernels.gradient(PK_ELU, alpha, 0, at: saved.input(), upstream: upstream).scaled(by: gamma)]
  }
}
