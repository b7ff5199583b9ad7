internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors

/// An operator that applies one function to every value; oneDNN's name for it is all that its file has to give.
protocol ElementwiseOperator: PointwiseOperator {
  /// The function with its two parameters.
  var function: (kind: pk_function, alpha: Float, beta: Float) { get }
}

extension ElementwiseOperator {
  package var role: Role { .activation }
  package var gradientNeeds: GradientNeeds { .inputs }
  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try Kernels.apply(function.kind, function.alpha, function.beta, to: inputs[0])
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [try Kernels.gradient(function.kind, function.alpha, function.beta, at: saved.input(), upstream: upstream)]
  }
}
