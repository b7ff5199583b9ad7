internal import CPellucidKernels
internal import PellucidTensors

/// How large the values of a forward pass can become, so that max(0, ·) is only fused into a layer that cannot overflow.
///
/// oneDNN's fused max(0, ·) makes 0 of NaN, which is what ∞ − ∞ inside a sum leaves: a network that overflows would answer as if nothing had
/// happened. Bounds are carried from layer to layer, |y| ≤ max Σ|w|·|x| + max|b|, and a tensor is only looked at where its bound is
/// unknown or has grown out of reach.
struct Magnitudes {
  private var bounds: [Float?]
  /// Sums of this size and less cannot overflow on the way.
  private static let reach: Float = 1e37

  init(_ graph: Graph) { bounds = Array(repeating: nil, count: graph.values.count) }

  /// Whether a layer's sums stay finite on this input.
  ///
  /// Only oneDNN's layers hide what is not a number; the kernels of our own keep it.
  mutating func isSafe(_ layer: any Rectifying, on tensor: Tensor, _ value: ValueID) -> Bool {
    guard let layer = layer as? Conv else { return true }
    let gain = layer.gain
    if let bound = bounds[value.index], bound * gain.factor + gain.shift < Self.reach { return true }
    let largest = tensor.largestMagnitude
    bounds[value.index] = largest
    return largest * gain.factor + gain.shift < Self.reach
  }

  /// Whether a convolution's sums stay finite on this input, which is looked at.
  static func isSafe(_ layer: Conv, on tensor: Tensor) -> Bool {
    tensor.largestMagnitude * layer.gain.factor + layer.gain.shift < reach
  }

  /// Notes what a step does to the bounds of its inputs; `nil` where nothing is known.
  mutating func note(_ node: Node, as output: ValueID) {
    bounds[output.index] = bound(of: node)
  }

  private func bound(of node: Node) -> Float? {
    var inputs: [Float] = []
    for input in node.inputs {
      guard let bound = bounds[input.index] else { return nil }
      inputs.append(bound)
    }
    guard let largest = inputs.max() else { return nil }
    switch node.operation {
    case let layer as Conv: return largest * layer.gain.factor + layer.gain.shift
    case let layer as BatchNormalization: return largest * layer.gain.factor + layer.gain.shift
    case let layer as NormalizedConcat:
      return largest * layer.normalization.gain.factor + layer.normalization.gain.shift
    case is Relu, is MaxPool, is AveragePool: return largest
    case let parts as Concat: return parts.constants.allSatisfy { $0 == nil } ? largest : nil
    case let sum as Binary where sum.isSum:
      return inputs.reduce(sum.constant?.tensor.largestMagnitude ?? 0, +)
    default: return nil
    }
  }
}

extension BatchNormalization {
  var gain: (factor: Float, shift: Float) { (scale.largestMagnitude, shift.largestMagnitude) }
}

extension Conv {
  var gain: (factor: Float, shift: Float) {
    let factor = kernel.gain {
      let rows = Tensor(weights, shape: Shape([geometry.channelsOut, weights.count / geometry.channelsOut]))
      return rows.reduced(PK_SUM_OF_ABSOLUTES, axes: [1]).values.largestMagnitude
    }
    return (factor, bias?.largestMagnitude ?? 0)
  }
}

extension Tensor {
  /// The largest |x|; infinity where one is infinite or no number.
  var largestMagnitude: Float {
    withValues { unsafe pk_largest_magnitude(Int64($0.count), $0.start) }
  }
}

extension [Float] {
  fileprivate var largestMagnitude: Float { reduce(0) { Swift.max($0, abs($1)) } }
}
