internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// min(max(x, low), high), so `high` where low > high (ONNX Clip; ReLU6 with 0 and 6).
///
/// The gradient passes between the bounds.
package struct Clip: ElementwiseOperator, GrowingFunction {
  package static let onnxNames = ["Clip"]
  private let low: Float
  private let high: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    let low = try node.constant(1, "lower bound")?.floats?.first
    let high = try node.constant(2, "upper bound")?.floats?.first
    let bottom = if let low { low } else { try node.node.float("min", default: -.greatestFiniteMagnitude) }
    self.high = if let high { high } else { try node.node.float("max", default: .greatestFiniteMagnitude) }
    guard !bottom.isNaN, !self.high.isNaN else { throw .malformed(node.node, "a bound is not a number") }
    self.low = min(bottom, self.high)
  }

  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_CLIP, low, high) }
}
