/// One voxel axis of a scan on its way to the model's grid: resampled about its centre, flipped where the card wants it, then cropped or
/// padded about its centre.
///
///     o = isFlipped ? n − 1 − v : v                 v: the scan's index; n: scanCount
///     r = (o − (n − 1)/2) / ratio + (n' − 1)/2      r: place on the resampled grid; n': resampledCount
///     m = r + shift                                 m: place on the model's grid
struct AxisPath: Hashable, Sendable {
  /// Voxels of the scan.
  let scanCount: Int
  /// Whether the model's axis runs the other way.
  let isFlipped: Bool
  /// Voxels after resampling.
  let resampledCount: Int
  /// New voxel size over old one; exactly 1 where the axis stays as it is.
  let ratio: Double
  /// Voxels of the model.
  let modelCount: Int
  /// How far indices move by the crop or pad: low padding, or the negative of what is cropped at the low end.
  let shift: Int

  /// - Parameters:
  ///   - spacing: the scan's voxel size and the wanted one, mm; nil: as stored. Sizes within 1e-4 of each other count as equal.
  ///   - modelCount: voxels of the model; nil: as many as there are.
  init(scanCount: Int, isFlipped: Bool, spacing: (old: Double, new: Double)?, modelCount: Int?) {
    self.scanCount = scanCount
    self.isFlipped = isFlipped
    if let spacing, abs(spacing.new / spacing.old - 1) > 1e-4 {
      ratio = spacing.new / spacing.old
      // Half a voxel more, where rounding in the header left a hair less, counts as half a voxel.
      resampledCount = Int(min(max(1, (Double(scanCount) / ratio + 0.5 + 1e-3).rounded(.down)), 1e9))
    } else {
      ratio = 1
      resampledCount = scanCount
    }
    self.modelCount = modelCount ?? resampledCount
    let surplus = self.modelCount - resampledCount
    // The extra voxel of an odd difference goes at the high end, for padding and for cropping.
    shift = surplus >= 0 ? surplus / 2 : -(-surplus / 2)
  }

  /// Whether values are interpolated.
  var isResampled: Bool { ratio != 1 }

  /// The model's indices that hold voxels of the scan; the others are padding.
  var filled: Range<Int> { max(0, shift)..<min(modelCount, shift + resampledCount) }

  /// The scan's index (before flipping) of a place on the resampled grid, in the scan's direction.
  func scanPlace(ofResampled index: Int) -> Double {
    (Double(index) - Double(resampledCount - 1) / 2) * ratio + Double(scanCount - 1) / 2
  }

  /// The place on the model's grid of a scan's index.
  func modelPlace(ofScan index: Int) -> Double {
    let along = isFlipped ? scanCount - 1 - index : index
    guard isResampled else { return Double(along + shift) }
    return (Double(along) - Double(scanCount - 1) / 2) / ratio + Double(resampledCount - 1) / 2 + Double(shift)
  }
}
