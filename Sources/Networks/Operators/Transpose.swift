package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// The axes in another order (ONNX Transpose).
///
/// Between channels-first and channels-last nothing moves in memory.
package struct Transpose: Operator {
  package static let onnxNames = ["Transpose"]
  package let role = Role.rearrangement
  package let gradientNeeds: GradientNeeds = []
  let axes: [Int]

  package init(_ node: OperatorContext) throws(PellucidError) {
    let rank = try node.shape().rank
    axes = try node.node.ints("perm") ?? Array((0..<rank).reversed())
    guard axes.sorted() == Array(0..<rank) else { throw .malformed(node.node, "perm \(axes) of \(rank) axes") }
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { Shape(axes.map { inputs[0][$0] }) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor { Self.transposed(inputs[0], axes) }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let back = axes.indices.map { axis in axes.firstIndex(of: axis) ?? 0 }
    return [Self.transposed(upstream, back)]
  }

  private static func transposed(_ x: Tensor, _ axes: [Int]) -> Tensor {
    let shape = Shape(axes.map { x.shape[$0] })
    // The memory's axes, slowest first, as the result numbers them: often they are one of the two orders already.
    let inMemory = x.order.axes(ofRank: axes.count).map { axis in axes.firstIndex(of: axis) ?? 0 }
    for order in [MemoryOrder.channelsLast, .rowMajor] where order.axes(ofRank: axes.count) == inMemory {
      return x.reinterpreted(as: shape, order: order)
    }
    return x.permuted(axes)
  }

  package var field: SpatialField { .moved(axes.indices.map { axes.firstIndex(of: $0) }) }
}
