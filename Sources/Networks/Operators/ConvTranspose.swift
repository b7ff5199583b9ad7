internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// ONNX ConvTranspose on one to three axes: the transpose of a convolution from its output to its input.
///
///     y[n,o,p] = b[o] + Σ x[n,i,q]·w[i,o,k] over i and all q, k with q·stride + k·dilation − padBefore = p
///
/// Weights [I, O/groups, kD, kH, kW]. Source: ONNX operator ConvTranspose (versions 1, 11, 22).
package struct ConvTranspose: LinearOperator {
  package static let onnxNames = ["ConvTranspose"]
  package let role = Role.convolution
  package let gradientNeeds: GradientNeeds = []

  let weights: [Float]
  let bias: [Float]?
  /// The convolution whose transpose this is: from this one's outputs to its inputs.
  let geometry: ConvolutionGeometry
  private let kernel: ConvolutionKernel
  /// Output extent less stride·input extent, along each axis.
  private let surplus: [Int]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let (weights, dimensions) = try node.requiredFloats(1, "weights")
    let input = try node.shape()
    guard input.isMap, dimensions.count == input.rank else {
      throw .form(node.node, "it works on \(max(0, input.rank - 2)) axes", wanted: "convolutions on one to three")
    }
    let groups = try node.node.int("group", default: 1)
    guard groups > 0, dimensions.allSatisfy({ $0 > 0 }), input[1] == dimensions[0], input[1] % groups == 0 else {
      throw .malformed(
        node.node, "its weights take \(dimensions[0]) channels in \(groups) groups, its input has \(input[1])")
    }
    if let kernel = try node.node.ints("kernel_shape"), kernel != Array(dimensions[2...]) {
      throw .malformed(node.node, "kernel_shape \(kernel) contradicts weights of shape \(Shape(dimensions))")
    }
    var padding = try Padding(node, kernel: Array(dimensions[2...]))
    let channels = dimensions[1] * groups
    let bias = try node.floats(2, "bias")
    if let bias, bias.count != channels {
      throw .malformed(node.node, "\(bias.count) bias values for \(channels) channels")
    }
    let extents = input.asVolume.spatial
    let outputs = try Self.outputs(node, input: extents, padding: &padding)
    try self.init(
      weights: weights, bias: bias,
      geometry: ConvolutionGeometry(channelsIn: channels, channelsOut: input[1], groups: groups, padding: padding),
      surplus: zip(outputs, zip(extents, padding.stride)).map { $0 - $1.0 * $1.1 })
  }

  private init(
    weights: [Float], bias: [Float]?, geometry: ConvolutionGeometry, surplus: [Int]
  ) throws(PellucidError) {
    self.weights = weights
    self.bias = bias
    self.geometry = geometry
    self.surplus = surplus
    kernel = try ConvolutionKernel(geometry, weights: weights, bias: nil)
  }

  /// The same without its bias; weights and what is prepared for them are shared.
  private init(unbiased other: ConvTranspose) {
    weights = other.weights
    bias = nil
    geometry = other.geometry
    surplus = other.surplus
    kernel = other.kernel
  }

  /// The output's extents; pads that follow from them are written into `padding`.
  private static func outputs(
    _ node: OperatorContext, input: [Int], padding: inout Padding
  ) throws(PellucidError) -> [Int] {
    let axes = try node.shape().rank - 2
    let given = try node.node.ints("output_padding") ?? Array(repeating: 0, count: axes)
    let more = Array(repeating: 0, count: 3 - axes) + given
    guard more.count == 3, more.allSatisfy({ (0..<(1 << 20)).contains($0) }) else {
      throw .malformed(node.node, "output_padding \(more)")
    }
    let full = input.indices.map { axis in
      padding.stride[axis] * (input[axis] - 1) + (padding.kernel[axis] - 1) * padding.dilation[axis] + 1 + more[axis]
    }
    let wanted = try node.node.ints("output_shape").map { Array(input.prefix(3 - axes) + $0.suffix(axes)) }
    if let wanted { try check(wanted, node) }
    var outputs: [Int]
    if case .explicit(let before, let after) = padding.mode, wanted == nil {
      outputs = input.indices.map { full[$0] - before[$0] - after[$0] }
    } else {
      outputs = wanted ?? zip(input, padding.stride).map { $0 * $1 }
      let total = zip(full, outputs).map { max(0, $0 - $1) }
      let half = total.map { $0 / 2 }
      let rest = total.map { $0 - $0 / 2 }
      padding.mode =
        padding.mode == .sameUpper ? .explicit(before: half, after: rest) : .explicit(before: rest, after: half)
    }
    try check(outputs, node)
    return outputs
  }

  private static func check(_ outputs: [Int], _ node: OperatorContext) throws(PellucidError) {
    guard outputs.count == 3, outputs.allSatisfy({ (1..<(1 << 20)).contains($0) }) else {
      throw .malformed(node.node, "an output of extents \(outputs)")
    }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let input = inputs[0]
    guard input.isMap, input[1] == geometry.channelsOut else {
      throw .shapes("a transposed convolution", inputs, "it takes \(geometry.channelsOut) channels")
    }
    let extents = input.asVolume.spatial
    let out = (0..<3).map { axis -> Int in extents[axis] * geometry.padding.stride[axis] + surplus[axis] }
    return Shape([input.asVolume[0], geometry.channelsIn] + out).asRank(input.rank)
  }

  /// The part of the output that the input reaches; behind it (an output padding larger than the stride, or a larger output_shape) is
  /// nothing but the bias, and oneDNN takes no convolution with so much more than it reads.
  private func reached(_ output: Shape, from input: Shape) -> Shape? {
    let padding = geometry.padding
    let before = padding.pads(of: output.spatial).before
    let extents = (0..<3).map { axis in
      let reach = padding.stride[axis] * input.spatial[axis] + (padding.kernel[axis] - 1) * padding.dilation[axis]
      return min(output.spatial[axis], reach - before[axis])
    }
    return extents.allSatisfy { $0 > 0 } ? Shape([output[0], output[1]] + extents) : nil
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].asVolume
    let output = try shape(of: [x.shape])
    let y: Tensor
    switch reached(output, from: x.shape) {
    case output: y = try kernel.backward(x, onto: output, padding: geometry.padding)
    case let part?: y = try kernel.backward(x, onto: part, padding: geometry.padding).placed(in: output)
    case nil: y = Tensor(repeating: 0, shape: output)
    }
    let rank = inputs[0].shape.rank
    guard let bias else { return y.asRank(rank) }
    return y.combined(.add, with: Tensor(bias, shape: Shape([bias.count, 1, 1, 1]))).asRank(rank)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let rank = saved.inputShapes[0].rank
    let input = saved.inputShapes[0].asVolume
    let upstream = upstream.asVolume
    guard let part = reached(upstream.shape, from: input) else {
      return [Tensor(repeating: 0, shape: saved.inputShapes[0])]
    }
    let dy = part == upstream.shape ? upstream : upstream.corner(part)
    return [
      try kernel.forward(dy, onto: input, padding: geometry.padding, biased: false, rectified: false).asRank(rank)
    ]
  }

  package func with(_ change: WeightChange) throws(PellucidError) -> any LinearOperator {
    if change == .withoutBias { return ConvTranspose(unbiased: self) }
    return try ConvTranspose(
      weights: weights.map { change.weights($0) }, bias: change.bias.flatMap { map in bias?.map { map($0) } },
      geometry: geometry, surplus: surplus)
  }

  package var field: SpatialField {
    let padding = geometry.padding
    let before: [Int] = if case .explicit(let before, _) = padding.mode { before } else { [0, 0, 0] }
    return .volumeSamples(
      (0..<3).map { axis in
        // Output o is made of the inputs q with 0 ≤ o + pad − q·stride ≤ reach.
        let (stride, reach) = (padding.stride[axis], (padding.kernel[axis] - 1) * padding.dilation[axis])
        return Sampling(
          axis: axis, cells: reach / stride + 1, first: (Double(before[axis]) - Double(reach) / 2) / Double(stride),
          step: 1 / Double(stride))
      })
  }
  package var parameterCount: Int { weights.count + (bias?.count ?? 0) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    inputs[0].count * weights.count / geometry.channelsOut
  }
}

extension ConvTranspose {
  /// The same with every weight times the factor of its input channel.
  func withInputs(scaledBy scale: [Float]) throws(PellucidError) -> ConvTranspose {
    // Weights [I, O/groups, …].
    let each = weights.count / scale.count
    return try ConvTranspose(
      weights: weights.indices.map { weights[$0] * scale[$0 / each] }, bias: bias, geometry: geometry, surplus: surplus)
  }
}

extension ConvTranspose: AffineAbsorbing {
  var channelsOut: Int { geometry.channelsIn }
  func channelAxis(of output: Shape) -> Int { 1 }

  func absorbing(scale: [Float], shift: [Float]) throws(PellucidError) -> any LinearOperator {
    // Weights [I, O/groups, …]: output channel = group·(O/groups) + place in the group.
    let taps = geometry.padding.kernel.reduce(1, *)
    let each = geometry.channelsIn / geometry.groups
    let perGroup = geometry.channelsOut / geometry.groups
    let scaled = weights.indices.map { index in
      let (from, to) = (index / (taps * each), index / taps % each)
      return weights[index] * scale[from / perGroup * each + to]
    }
    let bias = shift.indices.map { shift[$0] + scale[$0] * (self.bias?[$0] ?? 0) }
    return try ConvTranspose(weights: scaled, bias: bias, geometry: geometry, surplus: surplus)
  }
}

extension Tensor {
  /// These values at the low corner of a larger tensor of zeros.
  fileprivate func placed(in larger: Shape) -> Tensor {
    var whole = Tensor(repeating: 0, shape: larger, order: order)
    whole.copy(
      from: self, sourceStrides: shape.strides(in: order), targetStrides: larger.strides(in: order),
      extents: shape.dimensions)
    return whole
  }

  /// The low corner of these extents.
  fileprivate func corner(_ smaller: Shape) -> Tensor {
    var part = Tensor(unfilled: smaller, order: order)
    part.copy(
      from: self, sourceStrides: shape.strides(in: order), targetStrides: smaller.strides(in: order),
      extents: smaller.dimensions)
    return part
  }
}
