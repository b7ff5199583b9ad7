package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// y = scale·(x − mean)/√(variance + ε) + shift, with each image's own statistics of each group of channels (ONNX GroupNormalization).
///
/// Scale and shift are given a channel since opset 21, a group before. Source: Wu and He 2018, arXiv:1803.08494.
package struct GroupNormalization: Standardizing {
  package static let onnxNames = ["GroupNormalization"]
  package let role = Role.normalization
  package let gradientNeeds: GradientNeeds = .inputs
  private let groups: Int
  private let standardization: Standardization
  private let scale: Tensor  // [1, C, 1, …]
  private let shift: Tensor

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    let groups = try node.node.int("num_groups", default: 0)
    guard input.rank >= 2, groups > 0, input[1] % groups == 0 else {
      throw .malformed(node.node, "\(groups) groups of an input of shape \(input)")
    }
    self.groups = groups
    standardization = Standardization(axes: [2], epsilon: try node.node.float("epsilon", default: 1e-5))
    let broadcast = Shape([1, input[1]] + Array(repeating: 1, count: input.rank - 2))
    let wanted = node.opset >= 21 ? input[1] : groups
    let parts = try [(1, "scale"), (2, "shift")].map { (pair) throws(PellucidError) in
      let values = try node.requiredFloats(pair.0, pair.1).values
      guard values.count == wanted else {
        throw .malformed(node.node, "\(values.count) values where \(wanted) are wanted")
      }
      let each = input[1] / wanted
      return Tensor(values.flatMap { Array(repeating: $0, count: each) }, shape: broadcast)
    }
    (scale, shift) = (parts[0], parts[1])
  }

  package var centresChannels: Bool { groups == scale.count }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  /// The same values as [N, groups, all else].
  private func grouped(_ x: Tensor) -> Tensor {
    let size = x.count / max(1, x.shape[0] * groups)
    return x.ordered(.rowMajor).reinterpreted(as: Shape([x.shape[0], groups, size]), order: .rowMajor)
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let values = try standardization.standardized(grouped(inputs[0])).values.ordered(.rowMajor)
    return values.reinterpreted(as: inputs[0].shape, order: .rowMajor).combined(.multiply, with: scale).combined(
      .add, with: shift)
  }

  package func crossed(
    _ upstream: Tensor, saved: Saved, _ crossing: StandardizationCrossing
  ) throws(PellucidError) -> Tensor {
    let g = grouped(upstream.combined(.multiply, with: scale))
    let dx = try standardization.crossed(g, saved: saved, crossing) { grouped($0.input()) }
    return dx.ordered(.rowMajor).reinterpreted(as: saved.input().shape, order: .rowMajor)
  }

  package var field: SpatialField { .pointwise }
  package var parameterCount: Int { scale.count + shift.count }
}
