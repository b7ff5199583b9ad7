internal import CKernels
public import Faults
internal import OnnxFormat

/// The natural logarithm (ONNX Log).
public struct Log: ElementwiseOperator {
  public let role = Role.other
  public static let onnxNames = ["Log"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_LOG, 0, 0) }
}
