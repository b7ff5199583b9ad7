internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// −x (ONNX Neg).
package struct Neg: ElementwiseOperator {
  package static let onnxNames = ["Neg"]
  package let gradientNeeds: GradientNeeds = []

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_LINEAR, -1, 0) }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [upstream.scaled(by: -1)]
  }
}
