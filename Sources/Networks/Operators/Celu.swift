internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// x where x > 0, else α·(e^(x/α) − 1); α = 1 unless the node says otherwise (ONNX Celu).
package struct Celu: PointwiseOperator, GrowingFunction {
  package static let onnxNames = ["Celu"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs
  private let alpha: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    alpha = try node.node.float("alpha", default: 1)
    guard alpha > 0 else { throw .malformed(node.node, "alpha is \(alpha)") }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  // α·elu(x/α), whose slope at x is elu's at x/α.
  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try Kernels.apply(PK_ELU, 1, 0, to: inputs[0].scaled(by: 1 / alpha)).scaled(by: alpha)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [try Kernels.gradient(PK_ELU, 1, 0, at: saved.input().scaled(by: 1 / alpha), upstream: upstream)]
  }
}
