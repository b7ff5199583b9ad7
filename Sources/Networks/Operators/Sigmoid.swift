internal import CKernels
public import Faults
internal import OnnxFormat

/// 1 / (1 + e⁻ˣ) (ONNX Sigmoid).
public struct Sigmoid: ElementwiseOperator {
  public static let onnxNames = ["Sigmoid"]

  public init(_ node: OperatorContext) throws(PellucidError) {}
  var function: (kind: pk_function, alpha: Float, beta: Float) { (PK_SIGMOID, 0, 0) }
}
