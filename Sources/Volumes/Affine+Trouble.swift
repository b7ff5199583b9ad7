extension Affine {
  /// The edges that a voxel may have, mm, in a header's precision; beyond them, arithmetic in mm leaves what whole numbers can count.
  private static let possibleSizes = 0.9999e-6...1.0001e6
  /// How far from the world's origin a grid may begin, mm.
  private static let farthest = 1e9

  /// Why no image can lie so, in words; nil: it can.
  ///
  /// Everything that counts voxels or millimetres relies on it: sizes and places are finite and bounded, and there is an inverse.
  public var trouble: String? {
    guard elements.allSatisfy(\.isFinite) else { return "it holds NaN or infinite numbers" }
    guard inverse != nil else { return "its axes do not span space (determinant 0)" }
    if let size = voxelSizes.first(where: { !Self.possibleSizes.contains($0) }) {
      return "its voxels are \(size) mm long, where 1e-6 to 1e6 mm are possible"
    }
    if let place = [elements[3], elements[7], elements[11]].first(where: { abs($0) > Self.farthest }) {
      return "its first voxel lies at \(place) mm, where up to 1e9 mm are possible"
    }
    return nil
  }
}

extension Int {
  /// The nearest whole number within bounds; the lower bound for NaN.
  @inlinable
  package init(nearest value: Double, in bounds: ClosedRange<Int>) {
    guard value > Double(bounds.lowerBound) else {
      self = bounds.lowerBound
      return
    }
    self = value < Double(bounds.upperBound) ? Int(value.rounded()) : bounds.upperBound
  }
}
