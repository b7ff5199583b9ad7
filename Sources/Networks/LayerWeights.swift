internal import PellucidFaults
public import PellucidTensors

/// The trained weights of a convolution or a dense layer, as the file defines them.
public struct LayerWeights: Sendable {
  /// The weights, `[O, I, kD, kH, kW]` or of a dense layer `[O, I]`, row-major, where I are the inputs of an output's group.
  public let weights: Tensor
  /// A value an output; nil: none.
  public let bias: [Float]?
  /// Groups of channels that see nothing of each other.
  public let groups: Int
  /// Steps between taps along D, H, W; nil: it is a dense layer.
  public let dilation: [Int]?
  /// Whether it is a transposed convolution.
  public let isTransposed: Bool

  init(_ conv: Conv) {
    let geometry = conv.geometry
    let kernel = geometry.padding.kernel
    let inputs = geometry.channelsIn / geometry.groups
    weights = Tensor(conv.weights, shape: Shape([geometry.channelsOut, inputs] + kernel))
    (bias, groups, dilation, isTransposed) = (conv.bias, geometry.groups, geometry.padding.dilation, false)
  }

  init(_ conv: ConvTranspose) {
    // Stored [inputs, outputs of the group, taps].
    let geometry = conv.geometry
    let kernel = geometry.padding.kernel
    let taps = kernel.reduce(1, *)
    let (inputs, outputs) = (geometry.channelsOut / geometry.groups, geometry.channelsIn / geometry.groups)
    var values: [Float] = []
    values.reserveCapacity(conv.weights.count)
    for group in 0..<geometry.groups {
      for output in 0..<outputs {
        for input in 0..<inputs {
          let start = ((group * inputs + input) * outputs + output) * taps
          values += conv.weights[start..<(start + taps)]
        }
      }
    }
    weights = Tensor(values, shape: Shape([geometry.channelsIn, inputs] + kernel))
    (bias, groups, dilation, isTransposed) = (conv.bias, geometry.groups, geometry.padding.dilation, true)
  }

  init(_ dense: Dense) {
    weights = dense.weights.ordered(.rowMajor)
    (bias, groups, dilation, isTransposed) = (dense.bias, 1, nil, false)
  }
}

extension Node {
  /// Its trained weights; nil where it is neither a convolution nor a dense layer.
  public var layerWeights: LayerWeights? {
    switch operation {
    case let conv as Conv: LayerWeights(conv)
    case let conv as ConvTranspose: LayerWeights(conv)
    case let dense as Dense: LayerWeights(dense)
    default: nil
    }
  }

  /// What arrives at the input of a step that only moves values, for what arrives at its output; nil of any other.
  ///
  /// - Parameter input: the input's shape.
  public func movedBack(_ tensor: Tensor, to input: Shape) -> Tensor? {
    guard operation.role == .rearrangement, inputs.count == 1 else { return nil }
    return try? operation.gradient(tensor, saved: Saved(inputs: [nil], inputShapes: [input], output: nil)).first
  }
}
