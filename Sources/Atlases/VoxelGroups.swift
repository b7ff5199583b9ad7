internal import PellucidFaults
internal import PellucidVolumes

extension Volume {
  /// The sum over the channels, a value a voxel; where all channels are the same map (as Grad-CAM's, which channels share), that map.
  /// - Throws: `.badData` naming the first value that is not finite.
  func channelSum() throws(PellucidError) -> [Float] {
    for offset in voxels.indices where !voxels[offset].isFinite {
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

/// The values of a volume, sorted into groups by label; within a group in memory order.
struct VoxelGroups {
  private var values: [Float]
  /// Where each group starts in `values`, and the end.
  private let starts: [Int]
  /// Each group's value of largest magnitude, the first of several, and its place in the volume.
  private let peaks: [(value: Float, offset: Int)]

  init(values unsorted: [Float], labels: [Int32], slotOfLabel: [Int32], slots: Int) {
    var counts = [Int](repeating: 0, count: slots)
    for label in labels { counts[Int(slotOfLabel[Int(label)])] += 1 }
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    var next = starts
    var sorted = [Float](repeating: 0, count: unsorted.count)
    var peaks = [(value: Float, offset: Int)](repeating: (0, -1), count: slots)
    for offset in unsorted.indices {
      let slot = Int(slotOfLabel[Int(labels[offset])])
      let value = unsorted[offset]
      sorted[next[slot]] = value
      next[slot] += 1
      if abs(value) > abs(peaks[slot].value) || peaks[slot].offset < 0 { peaks[slot] = (value, offset) }
    }
    self.values = sorted
    self.starts = starts
    self.peaks = peaks
  }

  /// Voxels of a group.
  func count(of slot: Int) -> Int { starts[slot + 1] - starts[slot] }

  /// Σ|R| of a group.
  func absoluteSum(of slot: Int) -> Double {
    var sum = 0.0
    for index in starts[slot]..<starts[slot + 1] { sum += Double(abs(values[index])) }
    return sum
  }

  /// The numbers of a group.
  /// - Precondition: the group is not empty.
  func values(of slot: Int, total: Double, on volume: Volume) -> RegionValues {
    let range = starts[slot]..<starts[slot + 1]
    precondition(!range.isEmpty, "an empty group has no numbers")
    var positive = 0.0
    var negative = 0.0
    var low = Float.infinity
    var high = -Float.infinity
    for index in range {
      let value = values[index]
      if value > 0 { positive += Double(value) } else { negative += Double(value) }
      low = min(low, value)
      high = max(high, value)
    }
    let sum = positive + negative
    let mean = sum / Double(range.count)
    var squares = 0.0
    for index in range {
      let difference = Double(values[index]) - mean
      squares += difference * difference
    }
    let absolute = positive - negative
    let voxel = volume.shape.voxel(at: peaks[slot].offset)
    return RegionValues(
      sum: sum, mean: mean, standardDeviation: (squares / Double(range.count)).squareRoot(), absoluteSum: absolute,
      absoluteShare: total > 0 ? absolute / total : nil, positiveSum: positive, negativeSum: negative,
      minimum: Double(low),
      maximum: Double(high), percentile95: OrderStatistics(Array(values[range])).percentile(95) ?? .nan,
      peak: Double(peaks[slot].value), peakVoxel: voxel,
      peakPoint: volume.affine.worldPoint(of: voxel))
  }
}
