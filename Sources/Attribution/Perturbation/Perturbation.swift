/// A change of the image: the voxels of a place set to a value, in all channels.
public struct Perturbation: Sendable {
  /// Which voxels.
  public enum Place: Sendable {
    /// A box of voxels.
    case box(Box)
    /// Voxels by their offset in D, H, W (W fastest), ascending; and the box around them.
    case voxels([Int32], within: Box)
  }

  /// Which voxels.
  public let place: Place
  /// What they become, in normalized units.
  public let fill: Float

  /// A change of a place.
  public init(_ place: Place, fill: Float) {
    self.place = place
    self.fill = fill
  }

  /// The box that holds every changed voxel.
  public var box: Box {
    switch place {
    case .box(let box): box
    case .voxels(_, let box): box
    }
  }
}

/// Voxels lower ≤ v < upper along D, H, W.
public struct Box: Hashable, Sendable {
  /// First voxel along each axis.
  public var lower: [Int]
  /// One past the last voxel along each axis.
  public var upper: [Int]

  /// The voxels between two corners.
  public init(lower: [Int], upper: [Int]) {
    self.lower = lower
    self.upper = upper
  }

  /// Voxels along each axis.
  public var extents: [Int] { zip(lower, upper).map { $1 - $0 } }
  /// Voxels in all.
  public var count: Int { extents.reduce(1, *) }
}
