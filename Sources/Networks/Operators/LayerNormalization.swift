internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// y = scale·(x − mean)/√(variance + ε) + shift, with the statistics of the last axes of each entry (ONNX LayerNormalization).
///
/// Source: Ba et al. 2016, arXiv:1607.06450.
package struct LayerNormalization: Standardizing {
  package static let onnxNames = ["LayerNormalization"]
  package let role = Role.layerNormalization
  package let gradientNeeds: GradientNeeds = .inputs
  package let centresChannels = false
  private let standardization: Standardization
  private let scale: Tensor
  private let shift: Tensor?

  package init(_ node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    let axis = try node.axis(node.node.int("axis", default: -1), rank: input.rank)
    standardization = Standardization(
      axes: Array(axis..<input.rank), epsilon: try node.node.float("epsilon", default: 1e-5))
    let part = Shape(Array(input.dimensions[axis...]))
    let (scale, extents) = try node.requiredFloats(1, "scale")
    guard Shape.broadcast(part, Shape(extents)) == part else {
      throw .malformed(node.node, "a scale of shape \(Shape(extents)) for an input of shape \(input)")
    }
    self.scale = Tensor(scale, shape: Shape(extents))
    if try node.floats(2, "shift") == nil {
      shift = nil
    } else {
      let (shift, extents) = try node.requiredFloats(2, "shift")
      guard Shape.broadcast(part, Shape(extents)) == part else {
        throw .malformed(node.node, "a shift of shape \(Shape(extents)) for an input of shape \(input)")
      }
      self.shift = Tensor(shift, shape: Shape(extents))
    }
  }

  /// A normalization over the last axis, which is given by its place.
  init(axis: Int, epsilon: Float, scale: Tensor, shift: Tensor?) {
    standardization = Standardization(axes: [axis], epsilon: epsilon)
    (self.scale, self.shift) = (scale, shift)
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package var mixesImages: Bool { standardization.axes.first == 0 }

  /// How many values are normalized together, where each has a scale of its own; nil: they share some.
  private func rowSize(_ shape: Shape) -> Int? {
    let size = standardization.axes.reduce(1) { $0 * shape[$1] }
    return size > 0 && scale.count == size && shift.map { $0.count == size } != false ? size : nil
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0]
    if let size = rowSize(x.shape) {
      let x = x.ordered(.rowMajor)
      var y = Tensor(unfilled: x.shape, order: x.order)
      let shift = shift ?? Tensor(repeating: 0, shape: scale.shape)
      x.withValues { x in
        scale.withValues { scale in
          shift.withValues { shift in
            y.withMutableValues { y in
              unsafe pk_layer_norm(
                Int64(x.count / size), Int64(size), standardization.epsilon, x.start, scale.start, shift.start, y.start)
            }
          }
        }
      }
      return y
    }
    let y = try standardization.standardized(x).values.combined(.multiply, with: scale)
    return shift.map { y.combined(.add, with: $0) } ?? y
  }

  package func crossed(
    _ upstream: Tensor, saved: Saved, _ crossing: StandardizationCrossing
  ) throws(PellucidError) -> Tensor {
    let x = saved.input()
    if case .derivative = crossing, let size = rowSize(x.shape) {
      let x = x.ordered(.rowMajor)
      let dy = upstream.ordered(x.order)
      var dx = Tensor(unfilled: x.shape, order: x.order)
      x.withValues { x in
        scale.withValues { scale in
          dy.withValues { dy in
            dx.withMutableValues { dx in
              unsafe pk_layer_norm_gradient(
                Int64(x.count / size), Int64(size), standardization.epsilon, x.start, scale.start, dy.start, dx.start)
            }
          }
        }
      }
      return dx
    }
    let g = upstream.ordered(x.order).combined(.multiply, with: scale)
    return try standardization.crossed(g, saved: saved, crossing) { $0.input() }
  }

  package var field: SpatialField { .mixed(standardization.axes) }
  package var parameterCount: Int { scale.count + (shift?.count ?? 0) }
}
