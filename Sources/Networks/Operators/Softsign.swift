internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// x / (1 + |x|) (ONNX Softsign).
package struct Softsign: PointwiseOperator, GrowingFunction {
  package static let onnxNames = ["Softsign"]
  package let role = Role.activation
  package let gradientNeeds: GradientNeeds = .inputs

  package init(_ node: OperatorContext) throws(PellucidError) {}

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  private func divisor(_ x: Tensor) throws(PellucidError) -> Tensor {
    try Kernels.apply(PK_LINEAR, 1, 1, to: try Kernels.apply(PK_ABS, to: x))
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    inputs[0].combined(.divide, with: try divisor(inputs[0]))
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    // 1 / (1 + |x|)²
    [upstream.combined(.divide, with: try Kernels.apply(PK_SQUARE, to: try divisor(saved.input())))]
  }
}
