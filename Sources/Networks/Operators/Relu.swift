package import PellucidFaults
package import PellucidTensors

/// max(x, 0) (ONNX Relu).
///
/// Its gradient at 0 is 0, as PyTorch's.
package struct Relu: Operator, GrowingFunction {
  package static let onnxNames = ["Relu"]
  package let role = Role.rectifier
  package let gradientNeeds: GradientNeeds = .output

  package init(_ node: OperatorContext) throws(PellucidError) {}

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }
  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { inputs[0].clamped(low: 0) }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let output = saved.keptOutput()
    var gated = upstream.ordered(output.order)
    gated.combineInPlace(.gate, with: output)
    return [gated]
  }
}
