internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// ONNX Conv on one to three axes: any kernel, stride, dilation, groups and padding.
///
///     y[n,o,p] = b[o] + Σ_{i,k} w[o,i,k] · x[n,i,p·stride + k·dilation − padBefore]
///
/// Weights [O, I/groups, kD, kH, kW]. Source: ONNX operator Conv (versions 1, 11, 22).
package struct Conv: LinearOperator {
  package static let onnxNames = ["Conv"]
  package let role = Role.convolution
  package let gradientNeeds: GradientNeeds = []

  let weights: [Float]
  let bias: [Float]?
  let geometry: ConvolutionGeometry
  let kernel: ConvolutionKernel

  package init(_ node: OperatorContext) throws(PellucidError) {
    let (weights, dimensions) = try node.requiredFloats(1, "weights")
    let input = try node.shape()
    guard input.isMap, dimensions.count == input.rank else {
      throw .form(node.node, "it works on \(max(0, input.rank - 2)) axes", wanted: "convolutions on one to three")
    }
    let groups = try node.node.int("group", default: 1)
    guard groups > 0, dimensions[0] % groups == 0, dimensions.allSatisfy({ $0 > 0 }) else {
      throw .malformed(node.node, "\(dimensions[0]) output channels in \(groups) groups")
    }
    guard input[1] == dimensions[1] * groups else {
      throw .malformed(node.node, "its weights take \(dimensions[1] * groups) channels, its input has \(input[1])")
    }
    if let kernel = try node.node.ints("kernel_shape"), kernel != Array(dimensions[2...]) {
      throw .malformed(node.node, "kernel_shape \(kernel) contradicts weights of shape \(Shape(dimensions))")
    }
    let padding = try Padding(node, kernel: Array(dimensions[2...]))
    let bias = try node.floats(2, "bias")
    if let bias, bias.count != dimensions[0] {
      throw .malformed(node.node, "\(bias.count) bias values for \(dimensions[0]) channels")
    }
    let geometry = ConvolutionGeometry(
      channelsIn: input[1], channelsOut: dimensions[0], groups: groups, padding: padding)
    try self.init(weights: weights, bias: bias, geometry: geometry)
  }

  init(weights: [Float], bias: [Float]?, geometry: ConvolutionGeometry) throws(PellucidError) {
    self.weights = weights
    self.bias = bias
    self.geometry = geometry
    self.kernel = try ConvolutionKernel(geometry, weights: weights, bias: bias)
  }

  /// The same convolution with other padding; weights and what is prepared for them are shared.
  init(_ other: Conv, padding: Padding) {
    weights = other.weights
    bias = other.bias
    kernel = other.kernel
    var geometry = other.geometry
    geometry.padding = padding
    self.geometry = geometry
  }

  /// The same convolution without its bias; weights and what is prepared for them are shared.
  private init(unbiased other: Conv) {
    weights = other.weights
    bias = nil
    kernel = other.kernel
    geometry = other.geometry
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let input = inputs[0]
    guard input.isMap, input[1] == geometry.channelsIn else {
      throw .shapes("a convolution", inputs, "it takes \(geometry.channelsIn) channels")
    }
    let out = geometry.padding.outputs(of: input.asVolume.spatial)
    guard out.allSatisfy({ $0 > 0 }) else {
      throw .shapes("a convolution", inputs, "its kernel \(geometry.padding.kernel) is larger than the padded input")
    }
    return Shape([input.asVolume[0], geometry.channelsOut] + out).asRank(input.rank)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { try forward(inputs, rectified: false) }

  /// The convolution, with max(0, ·) applied on the way out if `rectified`.
  func forward(_ inputs: [Tensor], rectified: Bool) throws(PellucidError) -> Tensor {
    let output = try shape(of: [inputs[0].shape])
    return try kernel.forward(
      inputs[0].asVolume, onto: output.asVolume, padding: geometry.padding, biased: bias != nil, rectified: rectified
    ).asRank(output.rank)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let input = saved.inputShapes[0]
    return [
      try kernel.backward(upstream.asVolume, onto: input.asVolume, padding: geometry.padding).asRank(input.rank)
    ]
  }

  package func with(_ change: WeightChange) throws(PellucidError) -> any LinearOperator {
    // The kernel may have a bias that this convolution leaves out: its variants are told apart by what becomes of it.
    let change = WeightChange(weights: change.weights, bias: bias == nil ? nil : change.bias)
    if change == .withoutBias { return Conv(unbiased: self) }
    let changed = try kernel.variant(change) { () throws(PellucidError) in
      try Conv(
        weights: weights.map { change.weights($0) }, bias: change.bias.flatMap { map in bias?.map { map($0) } },
        geometry: geometry)
    }
    return Conv(changed, padding: geometry.padding)
  }

  package var field: SpatialField { .window(geometry.padding.window) }
  package var parameterCount: Int { weights.count + (bias?.count ?? 0) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    output.count * weights.count / geometry.channelsOut
  }
}

/// A convolution's extents apart from where it is applied.
struct ConvolutionGeometry: Sendable {
  var channelsIn: Int
  var channelsOut: Int
  var groups: Int
  var padding: Padding
}
