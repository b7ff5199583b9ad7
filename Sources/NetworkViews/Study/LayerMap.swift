internal import PellucidAttribution
internal import PellucidNetworks
internal import PellucidTensors

/// A layer's values as channels over places, whichever of its axes are which.
struct LayerMap {
  /// The layer.
  let value: ValueID
  /// Its shape for one image.
  let shape: Shape
  /// The axis of its channels: that which is no place in the input; of tokens the last; of values without places all.
  let channelAxis: Int

  init(of value: ValueID, in graph: Graph) {
    self.value = value
    shape = graph.shape(of: value)
    let places = ReceptiveField.of(value, in: graph).axes ?? []
    let free = shape.dimensions.indices.filter { $0 > 0 && !places.contains($0) }
    // Tokens are [1, T, C]; slices on the first axis leave the second to channels; behind a global pool [1, C, 1, 1, 1] has no place.
    let isPooled = shape.dimensions.dropFirst(2).allSatisfy { $0 == 1 }
    let found = free.count == 1 ? free[0] : places.isEmpty && !isPooled ? shape.rank - 1 : 1
    channelAxis = shape.rank < 3 ? max(0, shape.rank - 1) : found == 1 ? 1 : shape.rank - 1
  }

  /// Channels.
  var channels: Int { shape.rank == 0 ? 1 : shape[channelAxis] }

  /// Values of an image as [1, C, D, H, W], channels last.
  func map(_ tensor: Tensor) -> Tensor {
    let places = tensor.count / max(1, channels)
    if shape.rank > 2, channelAxis == 1 {
      let x = tensor.ordered(.channelsLast)
      return x.reinterpreted(as: Shape([1, channels, places, 1, 1]), order: .channelsLast)
    }
    // The last axis varies fastest in row-major order, as channels do channels last.
    return tensor.ordered(.rowMajor).reinterpreted(as: Shape([1, channels, places, 1, 1]), order: .channelsLast)
  }

  /// The mean of each channel over its places.
  func means(_ tensor: Tensor) -> [Float] { map(tensor).meanOverVoxels.values }

  /// The sum of each channel over its places; carried in double.
  func sums(_ tensor: Tensor) -> [Double] {
    let places = Double(tensor.count / max(1, channels))
    return means(tensor).map { Double($0) * places }
  }

  /// A number a channel, in a shape that combines with the layer's.
  func weights(_ values: [Float]) -> Tensor {
    var extents = [Int](repeating: 1, count: shape.rank)
    extents[channelAxis] = channels
    return Tensor(values, shape: Shape(extents))
  }

  /// 1 for some channels, 0 for the others, in a shape that combines with the layer's.
  func mask(_ channels: Set<Int>) -> Tensor { weights((0..<self.channels).map { channels.contains($0) ? 1 : 0 }) }
}
