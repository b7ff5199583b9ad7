public import PellucidFaults
public import PellucidTransforms
internal import PellucidVolumes

extension Atlas {
  /// The atlas brought to a scan by a transform.
  ///
  /// An affine transform moves the label image: its affine A becomes T⁻¹·A, and nothing is resampled. A chain with a displacement field is
  /// asked for every voxel that wants a label.
  /// - Parameter transform: T, from the scan's world to the atlas's.
  /// - Throws: `.badData` where the transform cannot be inverted, or the bent atlas lies nowhere on the field's grid.
  public func placed(by transform: SpatialTransform) throws(PellucidError) -> Atlas {
    var out = self
    if let affine = transform.affine {
      guard let back = affine.inverse else { throw .singularPlacement(name) }
      if let trouble = back.composed(with: image.affine).trouble { throw .impossiblePlacement(name, why: trouble) }
      out.scanToAtlas = affine.composed(with: scanToAtlas ?? .identity)
      out.image = image.placed(at: back.composed(with: image.affine))
      return out
    }
    guard let field = transform.field else { return out }
    let grid = Grid(shape: field.shape, affine: field.affine)
    out.bend = transform
    out.bentImage = image.replaced(by: try image.sampled(on: grid, through: transform), on: grid)
    return out
  }
}
