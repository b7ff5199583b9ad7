internal import PellucidFaults
internal import PellucidVolumes

extension Volume {
  /// The sum over the channels, a value a voxel; where all channels are the same map (as Grad-CAM's, which channels share), that map.
  /// - Throws: `.badData` naming the first value that is not finite.
  func channelSum() throws(PellucidError) -> [Float] {
    if ValueSums(voxels).finite < voxels.count, let offset = voxels.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(
        source, value: voxels[offset], at: shape.voxel(at: offset % shape.count), channel: offset / shape.count)
    }
    guard channels > 1 else { return voxels }
    let count = shape.count
    if (count..<voxels.count).allSatisfy({ voxels[$0] == voxels[$0 % count] }) { return Array(voxels[..<count]) }
    return (0..<shape.count).map { offset in
      Float((0..<channels).reduce(0.0) { $0 + Double(voxels[$1 * shape.count + offset]) })
    }
  }
}

extension Span<Int32> {
  /// The end of the run of one label that begins at a place: neighbours mostly have the same, which is then looked up once.
  func endOfRun(from start: Int) -> Int {
    let label = self[start]
    var end = start + 1
    while end < count, self[end] == label { end += 1 }
    return end
  }
}

/// The values of a volume, sorted into groups by label; within a group in memory order.
struct VoxelGroups {
  private let values: [Float]
  /// Where each group starts in `values`, and the end.
  private let starts: [Int]
  /// Each group's value of largest magnitude, the first of several, and its place in the volume.
  private let peaks: [(value: Float, offset: Int)]

  init(values unsorted: [Float], labels: [Int32], slotOfLabel: [Int32], slots: Int) {
    let (all, labels) = (unsorted.span, labels.span)
    var counts = [Int](repeating: 0, count: slots)
    var start = 0
    while start < labels.count {
      let end = labels.endOfRun(from: start)
      counts[Int(slotOfLabel[Int(labels[start])])] += end - start
      start = end
    }
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    var next = starts
    var peaks = [(value: Float, offset: Int)](repeating: (0, -1), count: slots)
    // Every voxel is written once: the groups' places are those that were counted.
    values = unsafe [Float](onLargePages: all.count) { out, count in
      var start = 0
      while start < labels.count {
        let end = labels.endOfRun(from: start)
        let slot = Int(slotOfLabel[Int(labels[start])])
        var (to, peak) = (next[slot], peaks[slot])
        for offset in start..<end {
          let value = all[offset]
          unsafe out.initializeElement(at: to, to: value)
          to += 1
          if abs(value) > abs(peak.value) || peak.offset < 0 { peak = (value, offset) }
        }
        (next[slot], peaks[slot]) = (to, peak)
        start = end
      }
      count = all.count
    }
    self.starts = starts
    self.peaks = peaks
  }

  /// Voxels of a group.
  func count(of slot: Int) -> Int { starts[slot + 1] - starts[slot] }

  /// Σ|R| of a group.
  func absoluteSum(of slot: Int) -> Double {
    let sums = ValueSums(values[starts[slot]..<starts[slot + 1]])
    return sums.positive - sums.negative
  }

  /// The numbers of a group.
  /// - Precondition: the group is not empty.
  func values(of slot: Int, total: Double, on volume: Volume) -> RegionValues {
    let range = starts[slot]..<starts[slot + 1]
    precondition(!range.isEmpty, "an empty group has no numbers")
    let own = values[range]
    let sums = ValueSums(own)
    let (positive, negative) = (sums.positive, sums.negative)
    let sum = positive + negative
    let mean = sum / Double(range.count)
    let squares = ValueSums.squares(around: mean, of: own)
    let absolute = positive - negative
    let voxel = volume.shape.voxel(at: peaks[slot].offset)
    return RegionValues(
      sum: sum, mean: mean, standardDeviation: (squares / Double(range.count)).squareRoot(), absoluteSum: absolute,
      absoluteShare: total > 0 ? absolute / total : nil, positiveSum: positive, negativeSum: negative,
      minimum: Double(sums.minimum),
      maximum: Double(sums.maximum), percentile95: OrderStatistics(own).percentile(95) ?? .nan,
      peak: Double(peaks[slot].value), peakVoxel: voxel,
      peakPoint: volume.affine.worldPoint(of: voxel))
  }
}
