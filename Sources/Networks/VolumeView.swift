package import PellucidTensors

// Activations of one and two spatial axes as maps of three.
//
// Channels last, [N, C, H, W] lies in memory as [1, C, N, H, W] does, and [N, C, W] as [1, C, N, 1, W]: what slides over one or two axes
// is what slides over three with a window of 1 along the others. So operators and regions know three axes only, and slices that are
// folded into the first axis lie along D.
extension Shape {
  /// Whether it is the shape of a map: images and channels before one to three spatial axes.
  package var isMap: Bool { (3...5).contains(rank) }

  /// The map of three spatial axes that lies in memory as this one does, channels last.
  package var asVolume: Shape { volume(images: 1) }

  /// The same of so many images: the first axis of lower ranks is that of images and slices together.
  package func volume(images: Int) -> Shape {
    switch rank {
    case 4: Shape([images, self[1], self[0] / images, self[2], self[3]])
    case 3: Shape([images, self[1], self[0] / images, 1, self[2]])
    default: self
    }
  }

  /// The shape of this rank of which this is the map of three axes.
  package func asRank(_ rank: Int) -> Shape {
    switch rank {
    case 4: Shape([self[0] * self[2], self[1], self[3], self[4]])
    case 3: Shape([self[0] * self[2], self[1], self[4]])
    default: self
    }
  }

  /// The axis of the map of three that an axis of this shape is: 0…2 for D, H, W; nil for channels and images.
  package static func volumeAxis(_ axis: Int, ofRank rank: Int) -> Int? {
    switch (rank, axis) {
    case (5, 2...4): axis - 2
    case (4, 0), (3, 0): 0
    case (4, 2...3): axis - 1
    case (3, 2): 2
    default: nil
    }
  }
}

extension Tensor {
  /// Channels last, as a map of three spatial axes.
  package var asVolume: Tensor { volume(images: 1) }

  /// Channels last, as a map of three spatial axes of so many images.
  package func volume(images: Int) -> Tensor {
    let x = ordered(.channelsLast)
    return x.reinterpreted(as: x.shape.volume(images: images), order: .channelsLast)
  }

  /// A map of three spatial axes whose D, H, W are these axes (0…2) of this one.
  package func withSpatialAxes(_ axes: [Int]) -> Tensor {
    guard axes != [0, 1, 2] else { return self }
    let from = shape.strides(in: order)
    let target = Shape([shape[0], shape[1]] + axes.map { shape[$0 + 2] })
    var result = Tensor(unfilled: target, order: .channelsLast)
    result.copy(
      from: self, sourceStrides: [from[0], from[1]] + axes.map { from[$0 + 2] },
      targetStrides: target.strides(in: .channelsLast), extents: target.dimensions)
    return result
  }

  /// A map of three spatial axes, channels last, in the rank that it stands for.
  package func asRank(_ rank: Int) -> Tensor {
    shape.rank == rank ? self : ordered(.channelsLast).reinterpreted(as: shape.asRank(rank), order: .channelsLast)
  }
}
