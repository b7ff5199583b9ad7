internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// A matrix of weights applied to the last axis: ONNX Gemm, and MatMul with a constant.
///
///     y[…, o] = b[o] + Σ_i w[o, i]·x[…, i]
package struct Dense: LinearOperator {
  package static let onnxNames = ["Gemm"]
  package let role = Role.dense
  package let gradientNeeds: GradientNeeds = []

  let weights: Tensor  // [O, I]
  let bias: [Float]?

  package init(_ node: OperatorContext) throws(PellucidError) {
    let alpha = try node.node.float("alpha", default: 1)
    let beta = try node.node.float("beta", default: 1)
    guard try !node.node.flag("transA", default: false) else {
      throw .form(node.node, "transA is set", wanted: "Gemm with the activation as rows")
    }
    let (b, dimensions) = try node.requiredFloats(1, "weights")
    guard dimensions.count == 2 else { throw .malformed(node.node, "weights of shape \(Shape(dimensions))") }
    let c = try node.floats(2, "bias")
    let transposed = try node.node.flag("transB", default: false)
    let outputs = transposed ? dimensions[0] : dimensions[1]
    if let c, c.count != outputs, c.count != 1 {
      throw .malformed(node.node, "\(c.count) bias values for \(outputs) outputs")
    }
    var weights = Tensor(b, shape: Shape(dimensions))
    if !transposed { weights = weights.permuted([1, 0]) }
    self.init(
      weights: alpha == 1 ? weights : weights.scaled(by: alpha),
      bias: c.map { values in
        (values.count == outputs ? values : Array(repeating: values[0], count: outputs)).map { $0 * beta }
      })
    let input = try node.shape()
    guard input.rank == 2, input[1] == self.weights.shape[1] else {
      throw .shapes(
        "node \(node.node.name)", [input, self.weights.shape], "the dense layer takes \(self.weights.shape[1]) values")
    }
  }

  init(weights: Tensor, bias: [Float]?) {
    self.weights = weights
    self.bias = bias
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    guard let last = inputs[0].dimensions.last, last == weights.shape[1] else {
      throw .shapes("a dense layer", inputs, "it takes \(weights.shape[1]) values")
    }
    return Shape(inputs[0].dimensions.dropLast() + [weights.shape[0]])
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.rowMajor)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .rowMajor)
    let rows = x.count / weights.shape[1]
    try Kernels.product(x, weights, transposedB: true, m: rows, n: weights.shape[0], k: weights.shape[1], into: &y)
    if let bias { y.addRow(bias) }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    var dx = Tensor(unfilled: saved.inputShapes[0], order: .rowMajor)
    try Kernels.product(
      dy, weights, m: dy.count / weights.shape[0], n: weights.shape[1], k: weights.shape[0], into: &dx)
    return [dx]
  }

  package func with(_ change: WeightChange) throws(PellucidError) -> any LinearOperator {
    Dense(
      weights: Tensor(weights.values.map { change.weights($0) }, shape: weights.shape),
      bias: change.bias.flatMap { map in bias?.map { map($0) } })
  }

  package var field: SpatialField { .mixed([-1]) }
  package var parameterCount: Int { weights.count + (bias?.count ?? 0) }
  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { output.count * weights.shape[1] }
}

extension Dense {
  /// A MatMul whose right-hand side is a constant matrix; nil for every other.
  init?(matMul node: OperatorContext) throws(PellucidError) {
    guard node.operands.count == 2, case .dynamic(let input) = node.operands[0],
      case .constant(let tensor) = node.operands[1],
      tensor.dimensions.count == 2, let values = tensor.floats
    else { return nil }
    guard input.dimensions.last == tensor.dimensions[0] else {
      throw .shapes("node \(node.node.name)", [input, Shape(tensor.dimensions)], "columns and rows differ")
    }
    self.init(weights: Tensor(values, shape: Shape(tensor.dimensions)).permuted([1, 0]), bias: nil)
  }
}
