public import PellucidModelCards
public import PellucidNetworks
public import PellucidTensors

/// An input with nothing on it.
public enum InputBackground {
  /// The card's background in every voxel of each channel, [1, C, D, H, W], row-major.
  public static func tensor(of network: Network, card: ModelCard) -> Tensor {
    let shape = network.inputShape
    let values = card.input.backgrounds(channels: shape[1]).map { Float($0) }
    return Tensor(repeating: 0, shape: shape, order: .rowMajor)
      .combined(.add, with: Tensor(values, shape: Shape(n: 1, c: shape[1], d: 1, h: 1, w: 1)))
  }
}
