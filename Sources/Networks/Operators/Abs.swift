internal import CKernels
public import Faults
internal import OnnxFormat

/// |x| (ONNX Abs).
public struct Abs: ElementwiseOperator {
  public let role = Role.other
  public static let onnxNames = ["Abs"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_ABS, 0, 0) }
}
