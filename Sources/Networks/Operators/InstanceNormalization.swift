internal import CKernels
package import Faults
internal import OnnxFormat
package import Tensors

/// y = scale·(x − mean)/√(variance + ε) + shift, with each image's and channel's own statistics over its voxels.
///
/// ONNX InstanceNormalization; Ulyanov et al. 2016, arXiv:1607.08022.
package struct InstanceNormalization: Operator {
  package static let onnxNames = ["InstanceNormalization"]
  package let role = Role.normalization
  package let gradientNeeds: GradientNeeds = .inputs
  private let scale: Tensor
  private let shift: Tensor
  private let epsilon: Float

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    let scale = try node.requiredFloats(1, "scale").values
    let shift = try node.requiredFloats(2, "shift").values
    guard input.rank >= 3, scale.count == input[1], shift.count == input[1] else {
      throw .malformed(node.node, "\(scale.count) and \(shift.count) values for an input of shape \(input)")
    }
    let broadcast = Shape([1, scale.count] + Array(repeating: 1, count: input.rank - 2))
    self.scale = Tensor(scale, shape: broadcast)
    self.shift = Tensor(shift, shape: broadcast)
    epsilon = try node.node.float("epsilon", default: 1e-5)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  /// (x − mean)/σ and 1/σ, by image and channel.
  private func normalized(_ x: Tensor) throws(PellucidError) -> (values: Tensor, inverse: Tensor) {
    let axes = Array(2..<x.shape.rank)
    let size = Float(x.shape.voxels)
    let mean = x.reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    let centred = x.combined(.subtract, with: mean)
    let variance = centred.reduced(PK_SUM_OF_SQUARES, axes: axes).scaled(by: 1 / size)
    let inverse = try Kernels.apply(
      PK_POW, 1, -0.5, to: variance.combined(.add, with: Tensor([epsilon], shape: Shape([1]))))
    return (centred.combined(.multiply, with: inverse), inverse)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.channelsLast)
    return try normalized(x).values.combined(.multiply, with: scale).combined(.add, with: shift)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    // dx = scale/σ · (dy − mean(dy) − x̂·mean(dy·x̂))
    let x = saved.input().ordered(.channelsLast)
    let dy = upstream.ordered(.channelsLast)
    let axes = Array(2..<x.shape.rank)
    let size = Float(x.shape.voxels)
    let (xHat, inverse) = try normalized(x)
    let meanUpstream = dy.reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    let meanProduct = dy.combined(.multiply, with: xHat).reduced(PK_SUM, axes: axes).scaled(by: 1 / size)
    let inner = dy.combined(.subtract, with: meanUpstream).combined(
      .subtract, with: xHat.combined(.multiply, with: meanProduct))
    return [inner.combined(.multiply, with: inverse.combined(.multiply, with: scale))]
  }

  package var field: SpatialField { .everything }
  package var parameterCount: Int { scale.count + shift.count }
}
