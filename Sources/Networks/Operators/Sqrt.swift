internal import CKernels
public import Faults
internal import OnnxFormat

/// The square root (ONNX Sqrt).
public struct Sqrt: ElementwiseOperator {
  public let role = Role.other
  public static let onnxNames = ["Sqrt"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SQRT, 0, 0) }
}
