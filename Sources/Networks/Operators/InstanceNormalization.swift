package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// y = scale·(x − mean)/√(variance + ε) + shift, with each image's and channel's own statistics over its voxels.
///
/// ONNX InstanceNormalization; Ulyanov et al. 2016, arXiv:1607.08022.
package struct InstanceNormalization: Standardizing {
  package static let onnxNames = ["InstanceNormalization"]
  package let role = Role.normalization
  package let gradientNeeds: GradientNeeds = .inputs
  package let centresChannels = true
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

  private func standardization(_ x: Tensor) -> Standardization {
    Standardization(axes: Array(2..<x.shape.rank), epsilon: epsilon)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.channelsLast)
    let xHat = try standardization(x).standardized(x).values
    return xHat.combined(.multiply, with: scale).combined(.add, with: shift)
  }

  package func crossed(
    _ upstream: Tensor, saved: Saved, _ crossing: StandardizationCrossing
  ) throws(PellucidError) -> Tensor {
    let g = upstream.ordered(.channelsLast).combined(.multiply, with: scale)
    return try standardization(g).crossed(g, saved: saved, crossing) { $0.input().ordered(.channelsLast) }
  }

  package var field: SpatialField { .pointwise }
  package var parameterCount: Int { scale.count + shift.count }
}
