internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// x·min(max(x/6 + ½, 0), 1) (ONNX HardSwish).
package struct HardSwish: ElementwiseOperator {
  package static let onnxNames = ["HardSwish"]

  package init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_HARDSWISH, 0, 0) }
}
