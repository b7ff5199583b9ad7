internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// min(max(α·x + β, 0), 1); α = 0.2 and β = 0.5 unless the node says otherwise (ONNX HardSigmoid).
package struct HardSigmoid: PointwiseOperator, GrowingFunction {
  package static let onnxNames = ["HardSigmoid"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs
  private let alpha: Float
  private let beta: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    alpha = try node.node.float("alpha", default: 0.2)
    beta = try node.node.float("beta", default: 0.5)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try Kernels.apply(PK_LINEAR, alpha, beta, to: inputs[0]).clamped(low: 0, high: 1)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let line = try Kernels.apply(PK_LINEAR, alpha, beta, to: saved.input())
    return [try Kernels.gradient(PK_CLIP, 0, 1, at: line, upstream: upstream).scaled(by: alpha)]
  }
}
