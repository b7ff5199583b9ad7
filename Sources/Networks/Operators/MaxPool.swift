internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// The largest value of each window (ONNX MaxPool).
///
/// Gradients go to the first maximum in memory order, as PyTorch's do.
package struct MaxPool: SlabOperator {
  package static let onnxNames = ["MaxPool"]
  package let role = Role.maximum
  package let gradientNeeds: GradientNeeds = .inputs
  let padding: Padding

  package init(_ node: OperatorContext) throws(PellucidError) {
    padding = try Padding(pool: node)
  }

  private init(_ padding: Padding) { self.padding = padding }

  func with(padding: Padding) -> MaxPool { MaxPool(padding) }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try padding.poolShape(of: inputs[0]) }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].asVolume
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: y.shape)
    x.withValues { a in y.withMutableValues { b in unsafe pk_max_pool(&pool, a.start, b.start) } }
    return y.asRank(inputs[0].shape.rank)
  }

  /// The output of a slab, and in `winners` the voxels that it takes, from row `row` of the whole output on.
  ///
  /// - Parameter positive: whether a maximum that is not above 0 has no winner: a ReLU before the pool sends nothing back there.
  func forward(_ slab: Tensor, noting winners: Winners, fromRow row: Int, positive: Bool) throws(PellucidError)
    -> Tensor
  {
    let x = slab.ordered(.channelsLast)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: y.shape)
    unsafe winners.withRows(row, of: y.shape) { taps, pitch in
      x.withValues { a in
        y.withMutableValues { b in unsafe pk_max_pool_winners(&pool, a.start, positive ? 1 : 0, b.start, taps, pitch) }
      }
    }
    return y
  }

  /// The values of a slab's voxels that won, from row `row` of the whole output on; 0 where none did.
  func picked(_ slab: Tensor, _ winners: Winners, fromRow row: Int) throws(PellucidError) -> Tensor {
    let x = slab.ordered(.channelsLast)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: y.shape)
    unsafe winners.withRows(row, of: y.shape) { taps, pitch in
      x.withValues { a in
        y.withMutableValues { b in unsafe pk_pick_winners(&pool, a.start, taps, pitch, b.start) }
      }
    }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let x = saved.input().asVolume
    let dy = upstream.asVolume
    var dx = Tensor(unfilled: x.shape, order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: dy.shape)
    x.withValues { a in
      dy.withValues { g in
        dx.withMutableValues { b in unsafe pk_max_pool_gradient(&pool, a.start, g.start, b.start) }
      }
    }
    return [dx.asRank(saved.inputShapes[0].rank)]
  }

  package var field: SpatialField { .window(padding.window) }
}

extension Padding {
  /// The geometry of a pool node, whose kernel is an attribute.
  init(pool node: OperatorContext) throws(PellucidError) {
    let input = try node.shape()
    guard let kernel = try node.node.ints("kernel_shape") else {
      throw .malformed(node.node, "kernel_shape is missing")
    }
    guard input.isMap, kernel.count == input.rank - 2 else {
      throw .form(node.node, "it works on \(max(0, input.rank - 2)) axes", wanted: "pools on one to three")
    }
    guard try node.node.int("storage_order", default: 0) == 0 else {
      throw .form(node.node, "storage_order is 1", wanted: "0")
    }
    try self.init(node, kernel: kernel)
    guard !hasEmptyWindows else {
      throw .malformed(
        node.node, "its pads are not smaller than its window \(kernel): some windows would hold no voxel")
    }
  }

  /// A pool's output shape.
  func poolShape(of input: Shape) throws(PellucidError) -> Shape {
    let out = outputs(of: input.asVolume.spatial)
    guard out.allSatisfy({ $0 > 0 }) else {
      throw .shapes("a pool", [input], "its window \(kernel) is larger than the padded input")
    }
    return Shape([input.asVolume[0], input[1]] + out).asRank(input.rank)
  }
}
