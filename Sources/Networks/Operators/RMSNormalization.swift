package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// y = scale·x/√(mean(x²) + ε), with the mean over the last axes of each entry (ONNX RMSNormalization).
///
/// Source: Zhang and Sennrich 2019, arXiv:1910.07467.
package struct RMSNormalization: Standardizing {
  package static let onnxNames = ["RMSNormalization"]
  package let role = Role.layerNormalization
  package let gradientNeeds: GradientNeeds = .inputs
  package let centresChannels = false
  private let standardization: Standardization
  private let scale: Tensor

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    let axis = try node.axis(node.node.int("axis", default: -1), rank: input.rank)
    standardization = Standardization(
      axes: Array(axis..<input.rank), epsilon: try node.node.float("epsilon", default: 1e-5), centres: false)
    let part = Shape(Array(input.dimensions[axis...]))
    let (scale, extents) = try node.requiredFloats(1, "scale")
    guard Shape.broadcast(part, Shape(extents)) == part else {
      throw .malformed(node.node, "a scale of shape \(Shape(extents)) for an input of shape \(input)")
    }
    self.scale = Tensor(scale, shape: Shape(extents))
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package var mixesImages: Bool { standardization.axes.first == 0 }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    try standardization.standardized(inputs[0]).values.combined(.multiply, with: scale)
  }

  package func crossed(
    _ upstream: Tensor, saved: Saved, _ crossing: StandardizationCrossing
  ) throws(PellucidError) -> Tensor {
    let g = upstream.ordered(saved.input().order).combined(.multiply, with: scale)
    return try standardization.crossed(g, saved: saved, crossing) { $0.input() }
  }

  package var field: SpatialField { .mixed(standardization.axes) }
  package var parameterCount: Int { scale.count }
}
