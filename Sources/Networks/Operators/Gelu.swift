internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat

/// x·Φ(x), Φ being the normal distribution, or its approximation by tanh (ONNX Gelu).
///
/// Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
package struct Gelu: ElementwiseOperator {
  package static let onnxNames = ["Gelu"]
  private let isApproximate: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    let kind = try node.node.string("approximate", default: "none")
    guard ["none", "tanh"].contains(kind) else { throw .malformed(node.node, "approximate is \(kind)") }
    isApproximate = kind == "tanh"
  }

  /// The function itself, or its approximation.
  init(isApproximate: Bool) { self.isApproximate = isApproximate }

  var function: (kind: pk_function, alpha: Float, beta: Float) { (isApproximate ? PK_GELU_TANH : PK_GELU_ERF, 0, 0) }
}
