internal import CKernels
public import Faults
internal import OnnxFormat
public import Tensors

/// The mean of each window (ONNX AveragePool; `count_include_pad` as the node says).
public struct AveragePool: Operator {
  public static let onnxNames = ["AveragePool"]
  public let role = Role.averaging
  public let gradientNeeds: GradientNeeds = []
  private let padding: Padding
  private let countPadding: Bool

  public init(_ node: OperatorContext) throws(PellucidError) {
    padding = try Padding(pool: node)
    countPadding = try node.node.flag("count_include_pad", default: false)
  }

  public func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { try padding.poolShape(of: inputs[0]) }

  public func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let x = inputs[0].ordered(.channelsLast)
    var y = Tensor(unfilled: try shape(of: [x.shape]), order: .channelsLast)
    var pool = padding.pool(input: x.shape, output: y.shape, countPadding: countPadding)
    x.withValues { a in y.withMutableValues { b in unsafe pk_average_pool(&pool, a.start, b.start) } }
    return y
  }

  public func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.channelsLast)
    var dx = Tensor(unfilled: saved.inputShapes[0], order: .channelsLast)
    var pool = padding.pool(input: dx.shape, output: dy.shape, countPadding: countPadding)
    dy.withValues { g in dx.withMutableValues { b in unsafe pk_average_pool_gradient(&pool, g.start, b.start) } }
    return [dx]
  }

  public var field: SpatialField { .window(padding.window) }
}
