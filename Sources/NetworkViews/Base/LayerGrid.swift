public import PellucidNetworks
public import PellucidTensors
public import PellucidVolumes

/// A layer's own grid in the world: which of a value's axes are the image's D, H, W, and where each cell looks.
///
///     voxel = centre + jump · cell              (of the network's input, along D, H, W; Araujo et al. 2019)
///     mm    = A_input · voxel                   (orientation, resampling and crop of the card included)
///
/// A volume on it has the cell (d, h, w) as its voxel (i, j, k), whatever the card's `axes` are: the affine says where that is.
public struct LayerGrid: Hashable, Sendable {
  /// Cells along D, H, W.
  public let shape: GridShape
  /// The cell (d, h, w) → the centre of its receptive field, mm, RAS+.
  public let affine: Affine
  /// The value's axes that are D, H, W; nil: it has one cell, which stands for the whole input.
  public let axes: [Int]?
  /// Input voxels between neighbouring cells along D, H, W.
  public let jump: [Double]
  /// Input voxel at the centre of what cell 0 sees.
  public let centre: [Double]

  /// The grid of a value; nil where its values have no place in the input.
  ///
  /// A row of values that see everything, as behind a global pool, is one cell in the middle of the input.
  public init?(of value: ValueID, in network: Network, world: InputWorld) {
    let graph = network.imported
    let dimensions = graph.shape(of: value).dimensions
    let field = ReceptiveField.of(value, in: graph)
    let input = network.inputShape.spatial
    let found = field.axes.flatMap { axes in axes.allSatisfy { $0 < dimensions.count } ? axes : nil }
    let extents: [Int]
    if let found {
      axes = found
      extents = found.map { dimensions[$0] }
      (jump, centre) = (field.jump, field.centre)
    } else {
      // [1, C] or [1, C, 1, 1, 1]: all of it is one place.
      guard dimensions.dropFirst(2).allSatisfy({ $0 == 1 }) else { return nil }
      axes = nil
      extents = [1, 1, 1]
      jump = input.map { Double($0) }
      centre = input.map { Double($0 - 1) / 2 }
    }
    shape = GridShape(i: extents[0], j: extents[1], k: extents[2])
    affine = world.affine(jump: jump, centre: centre)
  }

  /// A grid of cells that lie evenly in the input.
  ///
  /// - Parameters:
  ///   - shape: cells along D, H, W.
  ///   - jump: input voxels between neighbouring cells.
  ///   - centre: input voxel at the centre of cell 0.
  public init(shape: [Int], jump: [Double], centre: [Double], axes: [Int]?, world: InputWorld) {
    self.shape = GridShape(i: shape[0], j: shape[1], k: shape[2])
    (self.jump, self.centre, self.axes) = (jump, centre, axes)
    affine = world.affine(jump: jump, centre: centre)
  }

  /// Channels of a value of this shape: everything but its place.
  public func channelCount(of value: Shape) -> Int { value.count / shape.count }

  /// A value's channels as a volume, one a channel.
  ///
  /// - Parameters:
  ///   - tensor: the value of one image, in any memory order.
  ///   - channels: which, in this order; nil: all. A channel counts through the axes that have no place, the last fastest.
  /// - Precondition: the tensor has the grid's cells along its axes, and these channels.
  public func volume(of tensor: Tensor, channels: [Int]? = nil, space: SpaceRecord = SpaceRecord()) -> Volume {
    let dimensions = tensor.shape.dimensions
    let places = axes ?? []
    let free = dimensions.indices.filter { !places.contains($0) }
    let count = free.reduce(1) { $0 * dimensions[$1] }
    precondition(count * shape.count == tensor.count, "the tensor does not fill the layer's grid")
    let wanted = channels ?? Array(0..<count)
    let strides = tensor.shape.strides(in: tensor.order)
    let place = places.isEmpty ? [0, 0, 0] : places.map { strides[$0] }
    var out = Tensor(unfilled: Shape([max(wanted.count, 1), shape.k, shape.j, shape.i]), order: .rowMajor)
    for (at, channel) in wanted.enumerated() {
      var (rest, offset) = (channel, 0)
      for axis in free.reversed() {
        offset += rest % dimensions[axis] * strides[axis]
        rest /= dimensions[axis]
      }
      precondition(rest == 0, "there is no channel \(channel)")
      out.copy(
        from: tensor, sourceOffset: offset, sourceStrides: [place[2], place[1], place[0]],
        targetOffset: at * shape.count,
        targetStrides: [shape.i * shape.j, shape.i, 1], extents: [shape.k, shape.j, shape.i])
    }
    return Volume(
      shape: shape, channels: max(wanted.count, 1), voxels: out.values, affine: affine, space: space)
  }
}
