internal import PellucidFaults
internal import PellucidVolumes

/// What a crop or pad to the model's size takes off a scan and puts on, side by side.
struct FieldChange {
  private let path: GridPath
  /// By the model's axes: voxels that are taken off (below 0) or put on, at the low and the high end.
  private let ends: [(low: Int, high: Int)]

  /// From this part of a scan's voxels that are not 0, a loss looks like a mistake.
  private static let mostLoss = 0.05

  init(_ path: GridPath) {
    self.path = path
    ends = path.permutation.source.map { axis in
      let along = path.axes[axis]
      return (along.shift, along.modelCount - along.resampledCount - along.shift)
    }
  }

  /// What is done, in mm on each side, and which part of the scan's voxels other than 0 is lost; empty: nothing is done.
  /// - Parameter values: the resampled scan, in the order of the scan's axes.
  func note(cutting values: [Float], channels: Int) -> [Note] {
    guard ends.contains(where: { $0 != (0, 0) }) else { return [] }
    let has = path.permutation.shape(of: path.resampledGrid.shape)
    let what = "the model takes \(path.modelGrid.shape.text) voxels, the scan has \(has.text)"
    var how: [String] = []
    let lost = sides { $0 < 0 }
    if !lost.isEmpty { how.append("cut off: \(lost)") }
    let added = sides { $0 > 0 }
    if !added.isEmpty { how.append("padded: \(added)") }
    let share = lost.isEmpty ? 0 : lostShare(of: values, channels: channels)
    if !lost.isEmpty { how.append("\(percent(share)) of the voxels other than 0 are lost") }
    return [
      Note(what: what, how: how.joined(separator: "; "), weight: share > Self.mostLoss ? .warning : .told)
    ]
  }

  /// Such as `left 12 mm, right 11 mm`.
  private func sides(_ counts: (Int) -> Bool) -> String {
    let names = [["left", "right"], ["back", "front"], ["bottom", "top"]]
    let codes = AxisCodes(path.modelGrid.affine)
    let sizes = path.modelGrid.affine.voxelSizes
    var out: [String] = []
    for (axis, end) in ends.enumerated() {
      let names = names[codes.worldAxes[axis]]
      let (low, high) = codes.isReversed[axis] ? (names[1], names[0]) : (names[0], names[1])
      for (name, count) in [(low, end.low), (high, end.high)] where counts(count) {
        out.append("\(name) \(millimetres([Double(abs(count)) * sizes[axis]])) mm")
      }
    }
    return out.joined(separator: ", ")
  }

  /// The part of the values other than 0 that lies in no voxel of the model.
  private func lostShare(of values: [Float], channels: Int) -> Double {
    let shape = path.resampledGrid.shape
    // The voxels that stay, in the scan's own direction.
    let kept = path.axes.map { along -> Range<Int> in
      let (low, high) = (along.filled.lowerBound - along.shift, along.filled.upperBound - along.shift)
      return along.isFlipped ? along.resampledCount - high..<along.resampledCount - low : low..<high
    }
    let span = values.span
    var (all, inside) = (0, 0)
    for channel in 0..<channels {
      for k in 0..<shape.k {
        for j in 0..<shape.j {
          let row = shape.i * (j + shape.j * (k + shape.k * channel))
          let isKept = kept[1].contains(j) && kept[2].contains(k)
          for i in 0..<shape.i where span[row + i] != 0 {
            all += 1
            if isKept, kept[0].contains(i) { inside += 1 }
          }
        }
      }
    }
    return all > 0 ? Double(all - inside) / Double(all) : 0
  }

  /// To a tenth, and never 0 where something is lost.
  private func percent(_ share: Double) -> String {
    share > 0 && share < 0.001 ? "less than 0.1 %" : (100 * share).words(decimals: 1) + " %"
  }
}
