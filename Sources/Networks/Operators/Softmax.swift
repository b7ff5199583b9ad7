internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// eˣ / Σ eˣ along an axis (ONNX Softmax; before opset 13 over all axes from `axis` on).
///
/// At the end of a classifier it is split off as the output activation; this is for attention inside a network.
package struct Softmax: Operator {
  package static let onnxNames = ["Softmax", "LogSoftmax"]
  package var role: Role { logarithmic ? .other : .softmax }
  package let gradientNeeds: GradientNeeds = .output
  private let axis: Int
  private let joinsLaterAxes: Bool
  let logarithmic: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    let rank = try node.shape().rank
    joinsLaterAxes = node.opset < 13
    axis = try node.axis(node.node.int("axis", default: joinsLaterAxes ? 1 : -1), rank: rank)
    logarithmic = node.node.operation == "LogSoftmax"
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { inputs[0] }

  package var field: SpatialField { .mixed(joinsLaterAxes ? Array(axis...max(axis, 4)) : [axis]) }

  package var mixesImages: Bool { axis == 0 }

  /// The axes that are normalized together.
  func axes(_ shape: Shape) -> [Int] { joinsLaterAxes ? Array(axis..<shape.rank) : [axis] }

  /// Whether it makes one distribution of all values of an image, as the end of a classifier does.
  func normalizesClasses(of shape: Shape) -> Bool {
    axes(shape).reduce(1) { $0 * shape[$1] } == shape.count
  }

  /// How many values are normalized together, where those lie one behind another in memory; nil: they do not.
  private func rowSize(_ x: Tensor) -> Int? {
    let own = axes(x.shape)
    guard x.order.axes(ofRank: x.shape.rank).suffix(own.count) == own[...], x.count > 0 else { return nil }
    return own.reduce(1) { $0 * x.shape[$1] }
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0]
    if !logarithmic, let size = rowSize(x) {
      var y = Tensor(unfilled: x.shape, order: x.order)
      x.withValues { x in
        y.withMutableValues { y in unsafe pk_softmax(Int64(x.count / size), Int64(size), x.start, y.start) }
      }
      return y
    }
    let largest = x.reduced(PK_MAX, axes: axes(x.shape))
    let shifted = x.combined(.subtract, with: largest)
    let e = try Kernels.apply(PK_EXP, to: shifted)
    let sum = e.reduced(PK_SUM, axes: axes(x.shape))
    if logarithmic { return shifted.combined(.subtract, with: try Kernels.apply(PK_LOG, to: sum)) }
    return e.combined(.divide, with: sum)
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let y = saved.keptOutput()
    let dy = upstream.ordered(y.order)
    if !logarithmic, let size = rowSize(y) {
      var dx = Tensor(unfilled: y.shape, order: y.order)
      y.withValues { y in
        dy.withValues { dy in
          dx.withMutableValues { dx in
            unsafe pk_softmax_gradient(Int64(y.count / size), Int64(size), y.start, dy.start, dx.start)
          }
        }
      }
      return [dx]
    }
    if logarithmic {
      // dx = dy − softmax·Σ dy
      let p = try Kernels.apply(PK_EXP, to: y)
      let sum = dy.reduced(PK_SUM, axes: axes(y.shape))
      return [dy.combined(.subtract, with: p.combined(.multiply, with: sum))]
    }
    // dx = y·(dy − Σ y·dy)
    let sum = dy.combined(.multiply, with: y).reduced(PK_SUM, axes: axes(y.shape))
    return [dy.combined(.subtract, with: sum).combined(.multiply, with: y)]
  }
}
