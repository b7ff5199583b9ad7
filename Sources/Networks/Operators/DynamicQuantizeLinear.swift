internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// One of the three outputs of ONNX DynamicQuantizeLinear: x in 8 bits with a scale of its own range, the scale, or the zero point.
///
///     s = (max(0, max x) − min(0, min x))/255        z = round(−min(0, min x)/s)        y = round(x/s) + z, in 0…255
///
/// The gradient of y is that of x/s + z with s and z held, straight through; scale and zero point have none.
package struct DynamicQuantizeLinear: Operator {
  package static let onnxNames = ["DynamicQuantizeLinear"]
  package let role = Role.activation
  package var gradientNeeds: GradientNeeds { part == 0 ? .inputs : [] }
  /// 0: the values; 1: the scale; 2: the zero point.
  private let part: Int

  package init(_ node: OperatorContext) throws(PellucidError) { part = try node.node.int("part", default: 0) }

  /// The whole batch has one range.
  package var mixesImages: Bool { true }
  package var field: SpatialField { part == 0 ? .pointwise : .everything }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape { part == 0 ? inputs[0] : Shape([1]) }

  private func scaleAndZero(_ x: Tensor) -> (scale: Float, zero: Float) {
    let range = x.range
    let (low, high) = (min(0, range.lowerBound), max(0, range.upperBound))
    let scale = (high - low) / 255
    guard scale > 0 else { return (1, 0) }
    return (scale, min(max((-low / scale).rounded(.toNearestOrEven), 0), 255))
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    let (scale, zero) = scaleAndZero(inputs[0])
    switch part {
    case 1: return Tensor([scale], shape: Shape([1]))
    case 2: return Tensor([zero], shape: Shape([1]))
    default:
      let placed = inputs[0].combined(.divide, with: Tensor([scale], shape: Shape([1]))).roundedToEven()
      return placed.combined(.add, with: Tensor([zero], shape: Shape([1]))).clamped(low: 0, high: 255)
    }
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    guard part == 0 else { return [Tensor(repeating: 0, shape: saved.inputShapes[0])] }
    return [upstream.scaled(by: 1 / scaleAndZero(saved.input()).scale)]
  }
}
