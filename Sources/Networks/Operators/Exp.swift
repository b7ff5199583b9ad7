internal import CKernels
public import Faults
internal import OnnxFormat

/// eˣ (ONNX Exp).
public struct Exp: ElementwiseOperator {
  public let role = Role.other
  public static let onnxNames = ["Exp"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_EXP, 0, 0) }
}
