internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// y = scale·(x − mean)/√(variance + ε) + shift by channel, with the statistics of training (ONNX BatchNormalization).
///
/// The canonical form merges it into the convolution or dense layer before it; where there is none, it is one factor and one
/// summand a channel.
package struct BatchNormalization: Operator {
  package static let onnxNames = ["BatchNormalization"]
  package let role = Role.normalization
  package let gradientNeeds: GradientNeeds = []

  /// Factor of each channel.
  let scale: [Float]
  /// Summand of each channel.
  let shift: [Float]

  package init(_ node: OperatorContext) throws(PellucidError) {
    guard try !node.node.flag("training_mode", default: false) else {
      throw .form(node.node, "it is in training mode", wanted: "a model exported for inference")
    }
    let parts = try [(1, "scale"), (2, "shift"), (3, "mean"), (4, "variance")].map { (pair) throws(PellucidError) in
      try node.requiredFloats(pair.0, pair.1).values
    }
    let channels = try node.shape()
    guard channels.rank >= 2, parts.allSatisfy({ $0.count == channels[1] }) else {
      throw .malformed(node.node, "\(parts.map(\.count)) values for an input of shape \(channels)")
    }
    let epsilon = Double(try node.node.float("epsilon", default: 1e-5))
    var scale: [Float] = []
    var shift: [Float] = []
    for c in parts[0].indices {
      let factor = Double(parts[0][c]) / (Double(parts[3][c]) + epsilon).squareRoot()
      scale.append(Float(factor))
      shift.append(Float(Double(parts[1][c]) - factor * Double(parts[2][c])))
    }
    self.scale = scale
    self.shift = shift
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }
  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { try forward(inputs, rectified: false) }

  /// The normalization, with max(0, ·) applied on the way out if `rectified`.
  func forward(_ inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor {
    apply(scale, shift, to: inputs[0], rectified: rectified)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    [apply(scale, Array(repeating: 0, count: scale.count), to: upstream, rectified: false)]
  }

  private func apply(_ scale: [Float], _ shift: [Float], to input: Tensor, rectified: Bool) -> Tensor {
    let x = input.ordered(.channelsLast)
    var y = Tensor(unfilled: x.shape, order: .channelsLast)
    let rows = x.count / max(1, scale.count)
    x.withValues { a in
      y.withMutableValues { b in
        unsafe pk_channel_affine(Int64(rows), Int64(scale.count), a.start, scale, shift, rectified ? 1 : 0, b.start)
      }
    }
    return y
  }

  package var parameterCount: Int { 4 * scale.count }
}
