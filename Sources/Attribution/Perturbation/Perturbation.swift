public import PellucidNetworks
internal import PellucidTensors

/// A change of the image: the voxels of a place take new values, in all channels.
public struct Perturbation: Sendable {
  /// Which voxels.
  public enum Place: Sendable {
    /// A box of voxels.
    case box(Box)
    /// Voxels by their offset in D, H, W (W fastest), ascending; and the box around them.
    case voxels([Int32], within: Box)
    /// The voxels of a box, each by its weight 0…1 (in the box's order, W fastest): x + w·(new − x).
    case weights([Float], within: Box)
  }

  /// What voxels become.
  public typealias Fill = FillValues

  /// Which voxels.
  public let place: Place
  /// What they become.
  public let fill: Fill

  /// A change of a place.
  public init(_ place: Place, fill: Fill) {
    self.place = place
    self.fill = fill
  }

  /// A place set to one value.
  public init(_ place: Place, fill value: Float) { self.init(place, fill: .value(value)) }

  /// The box that holds every changed voxel.
  public var box: Box {
    switch place {
    case .box(let box): box
    case .voxels(_, let box): box
    case .weights(_, let box): box
    }
  }

  /// The smallest box that holds every voxel of the image that it changes; nil where it changes none.
  func changedBox(in image: Tensor) -> Box? {
    let inside = box.clipped(to: image.shape.spatial)
    guard !inside.isEmpty else { return nil }
    switch place {
    case .box: return image.changedBox(painting: inside, weights: nil, with: fill)
    case .voxels(let offsets, _): return image.changedBox(painting: offsets, with: fill)
    // Weights are in the order of their own box, also where that leaves the image.
    case .weights(let weights, let own):
      return own == inside ? image.changedBox(painting: own, weights: weights, with: fill) : inside
    }
  }
}

extension Array where Element == Perturbation {
  /// The image under each of them in boxes, [n, C, extents], channels last.
  func images(of image: Tensor, in boxes: Boxes) -> Tensor {
    precondition(count == boxes.count)
    var parts = image.crops(boxes)
    for (n, perturbation) in enumerated() {
      switch perturbation.place {
      case .box(let box): parts.paint(n, of: boxes, from: image, box, weights: nil, with: perturbation.fill)
      case .weights(let weights, let box):
        parts.paint(n, of: boxes, from: image, box, weights: weights, with: perturbation.fill)
      case .voxels(let offsets, _): parts.paint(n, of: boxes, from: image, offsets, with: perturbation.fill)
      }
    }
    return parts
  }
}
