internal import CKernels
public import Faults
internal import OnnxFormat

/// The hyperbolic tangent (ONNX Tanh).
public struct Tanh: ElementwiseOperator {
  public static let onnxNames = ["Tanh"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_TANH, 0, 0) }
}
