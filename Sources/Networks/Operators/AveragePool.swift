internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// The mean of each window (ONNX AveragePool; `count_include_pad` as the node says).
package struct AveragePool: SlabOperator {
  package static let onnxNames = ["AveragePool"]
  package let role = Role.averaging
  package let gradientNeeds: GradientNeeds = []
  let padding: Padding
  /// Whether voxels of the padding count in the divisors; never what a last window lacks beyond it.
  let countPadding: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    padding = try Padding(pool: node)
    countPadding = try node.node.flag("count_include_pad", default: false) && padding.isPadding
  }

  private init(_ padding: Padding, countPadding: Bool) {
    self.padding = padding
    self.countPadding = countPadding
  }

  func with(padding: Padding) -> AveragePool { AveragePool(padding, countPadding: countPadding) }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try padding.poolShape(of: inputs[0]) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].asVolume
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: y.shape, countPadding: countPadding)
    x.withValues { a in y.withMutableValues { b in unsafe pk_average_pool(&pool, a.start, b.start) } }
    return y.asRank(inputs[0].shape.rank)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.asVolume
    var dx = Tensor(unfilled: saved.inputShapes[0].asVolume, order: .channelsLast)
    var pool = padding.pool(input: dx.shape, output: dy.shape, countPadding: countPadding)
    dy.withValues { g in dx.withMutableValues { b in unsafe pk_average_pool_gradient(&pool, g.start, b.start) } }
    return [dx.asRank(saved.inputShapes[0].rank)]
  }

  package var field: SpatialField { .window(padding.window) }
}
