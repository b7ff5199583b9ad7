public import PellucidVolumes

/// The part of the world that a network sees: the voxels of its input grid.
public struct FieldOfView: Hashable, Sendable {
  /// Extents of the grid.
  public var shape: GridShape
  /// The grid's voxel indices → world, mm, RAS+.
  public var affine: Affine

  /// The field of a grid: a point is inside where its nearest voxel index lies in the grid.
  public init(shape: GridShape, affine: Affine) {
    self.shape = shape
    self.affine = affine
  }

  /// How many of an atlas's own voxels, at their places in the world, lie inside, by label.
  ///
  /// - Returns: voxels inside by label, `largestLabel + 1` numbers; nil: all voxels of all labels.
  func voxelsInside(of image: LabelVolume) -> [Int]? {
    var inside = [Int](repeating: 0, count: Int(image.largestLabel) + 1)
    guard let walk = GridWalk(over: image.shape, affine: image.affine, into: shape, affine: affine) else {
      return inside
    }
    if walk.isWhollyInside { return nil }
    for k in 0..<image.shape.k {
      for j in 0..<image.shape.j {
        let base = image.shape.i * (j + image.shape.j * k)
        for i in walk.row(j: j, k: k).inside { inside[Int(image.labels[base + i])] += 1 }
      }
    }
    return inside
  }
}
