public import PellucidFaults
public import PellucidVolumes

/// A scan as pictures show it: its greys, and where its head is.
///
/// Made once, it serves every map that is laid over it.
public struct MontageAnatomy: Sendable {
  let scan: Volume
  let sampler: SliceSampler
  let window: AnatomyWindow
  /// The voxels' box, and the head's within it.
  let gridBox, headBox: WorldBox

  /// A channel of a scan.
  ///
  /// - Parameter window: the values that are black and white; nil: the 2nd and the 98th percentile of the head.
  /// - Throws: `.badData` where the affine is singular or the grid empty, `.usage` where the channel does not exist.
  public init(_ scan: Volume, channel: Int = 0, window: ClosedRange<Double>? = nil) throws(PellucidError) {
    self.scan = scan
    sampler = try SliceSampler(scan, channel: channel)
    let voxels = scan.channelVoxels(channel)
    self.window = AnatomyWindow(of: voxels, window: window)
    gridBox = WorldBox(around: scan.shape, affine: scan.affine)
    headBox = self.window.headBox(of: Volume(shape: scan.shape, voxels: voxels, affine: scan.affine))
  }

  /// A scan of which a box is shown.
  init(scan: Volume, sampler: SliceSampler, window: AnatomyWindow, box: WorldBox) {
    (self.scan, self.sampler, self.window) = (scan, sampler, window)
    (gridBox, headBox) = (box, box)
  }
}

extension Volume {
  /// A channel's voxels.
  func channelVoxels(_ index: Int) -> [Float] {
    guard channels > 1, (0..<channels).contains(index) else { return voxels }
    return Array(voxels[(index * shape.count)..<((index + 1) * shape.count)])
  }
}
