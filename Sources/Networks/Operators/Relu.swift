public import Faults
public import Tensors

/// max(x, 0) (ONNX Relu). Its gradient at 0 is 0, as PyTorch's.
public struct Relu: Operator {
  public static let onnxNames = ["Relu"]
  public let role = Role.rectifier
  public let gradientNeeds: GradientNeeds = .output

  public init(_ node: OperatorContext) throws(PellucidError) {}

  public func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }
  public func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { inputs[0].clamped(low: 0) }

  public func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let output = saved.keptOutput()
    var gated = upstream.ordered(output.order)
    gated.combineInPlace(.gate, with: output)
    return [gated]
  }
}
