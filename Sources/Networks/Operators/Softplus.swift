internal import CKernels
public import Faults
internal import OnnxFormat

/// log(1 + eˣ) (ONNX Softplus).
public struct Softplus: ElementwiseOperator {
  public static let onnxNames = ["Softplus"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SOFTPLUS, 0, 0) }
}
