import PellucidVolumes

/// How a scan becomes grey: its robust window, and where its head is.
package struct AnatomyWindow: Sendable {
  /// The value that is black.
  package let low: Float
  /// The value that is white.
  package let high: Float
  /// Values above it are head, others air: FSL's robust threshold, 10 % of the way from the 2nd to the 98th percentile of all
  /// voxels (Smith 2002, doi:10.1002/hbm.10062).
  package let foreground: Float
  /// True where all finite voxels are equal.
  let isConstant: Bool
  /// Values below it are shown in the darker third of the greys.
  var dark: Float { high > low ? 0.65 * low + 0.35 * high : low }

  /// The window of a scan: by default the 2nd to 98th percentile of what is head.
  package init(of voxels: [Float], window: ClosedRange<Double>? = nil) {
    let all = (OrderStatistics(voxels).percentiles([0, 2, 98, 100]) ?? [0, 0, 0, 0]).map { Float($0) }
    let (minimum, p2, p98, maximum) = (all[0], all[1], all[2], all[3])
    isConstant = minimum == maximum
    // Where the head fills less than 2 % of the grid, the percentiles see only air; the extremes stand in.
    foreground = p98 > p2 ? p2 + 0.1 * (p98 - p2) : minimum + 0.1 * (maximum - minimum)
    if let window {
      (low, high) = (Float(window.lowerBound), Float(window.upperBound))
      return
    }
    let head =
      OrderStatistics(voxels, above: foreground).percentiles([2, 98])?.map { Float($0) } ?? [minimum, maximum]
    (low, high) = head[1] > head[0] ? (head[0], head[1]) : (minimum, maximum)
  }

  /// Grey 0…1; a constant image is mid-grey.
  func grey(_ value: Float) -> Float {
    // In Double: the difference of two floats may be beyond Float's range.
    high > low ? Float(min(1, max(0, (Double(value) - Double(low)) / (Double(high) - Double(low))))) : 0.5
  }

  /// The box around the head with a margin of 4 mm (less for small animals), within the grid.
  ///
  /// The whole grid where there is no head.
  /// Planes (1 mm thick) with less than 1 % of the voxels of the fullest one are taken as noise.
  func headBox(of volume: Volume) -> WorldBox {
    let grid = WorldBox(around: volume.shape, affine: volume.affine)
    guard !isConstant, volume.shape.extents.min() ?? 0 > 5 else { return grid }
    var profile = AxisProfile(over: grid)
    profile.add(volume, channel: 0) { $0 > foreground ? 1 : 0 }
    let margin = min(4, 0.025 * ((0..<3).map { grid.extent($0) }.max() ?? 0))
    return profile.support(above: 0.01, of: volume.affine).map { $0.widened(by: margin).clipped(to: grid) } ?? grid
  }
}

/// Sums over the planes across x, y and z: one bin a millimetre, finer for small boxes and coarser for huge ones.
struct AxisProfile {
  /// Length of a bin, mm.
  let width: Double
  /// The world coordinate of the lower edge of the first bin, per axis.
  let origin: [Double]
  /// Sums per axis and bin.
  private(set) var bins: [[Double]]

  /// Empty profiles over a box.
  init(over box: WorldBox) {
    let longest = (0..<3).map { box.extent($0) }.max() ?? 0
    let width = longest > 2000 ? longest / 2000 : longest > 100 ? 1 : max(longest / 100, 1e-9)
    self.width = width
    origin = box.low.map { ($0 / width).rounded(.down) * width - width / 2 }
    bins = (0..<3).map { [Double](repeating: 0, count: Int((box.extent($0) / width).rounded(.up)) + 3) }
  }

  /// Adds a channel's finite voxels, weighed; coarsely: every second or third voxel of grids of more than some million.
  @inline(__always)
  mutating func add(_ volume: Volume, channel: Int, coarsely: Bool = true, weight: (Float) -> Float) {
    let (shape, m) = (volume.shape, volume.affine)
    let first = channel * shape.count
    let step = !coarsely ? 1 : shape.count > 24_000_000 ? 3 : shape.count > 3_000_000 ? 2 : 1
    let voxels = volume.voxels.span
    // Along a row of most scans only one coordinate of the world changes.
    let changing = (0..<3).filter { m[$0, 0] != 0 }
    if changing.count == 1 {
      addRows(voxels, shape, m, first: first, step: step, along: changing[0], weight: weight)
      return
    }
    var (bx, by, bz) = (bins[0], bins[1], bins[2])
    for k in stride(from: 0, to: shape.k, by: step) {
      for j in stride(from: 0, to: shape.j, by: step) {
        let row = first + shape.i * (j + shape.j * k)
        let start = m.worldPoint(i: 0, j: Double(j), k: Double(k))
        for i in stride(from: 0, to: shape.i, by: step) {
          let value = voxels[row + i]
          guard value.isFinite else { continue }
          let part = weight(value)
          guard part > 0 else { continue }
          let w = Double(part)
          let x = (start.x + m[0, 0] * Double(i) - origin[0]) / width
          let y = (start.y + m[1, 0] * Double(i) - origin[1]) / width
          let z = (start.z + m[2, 0] * Double(i) - origin[2]) / width
          guard x >= 0, y >= 0, z >= 0, x < Double(bx.count), y < Double(by.count), z < Double(bz.count) else {
            continue
          }
          bx[Int(x)] += w
          by[Int(y)] += w
          bz[Int(z)] += w
        }
      }
    }
    bins = [bx, by, bz]
  }

  @inline(__always)
  private mutating func addRows(
    _ voxels: Span<Float>, _ shape: GridShape, _ m: Affine, first: Int, step: Int, along axis: Int,
    weight: (Float) -> Float
  ) {
    let others = [(axis + 1) % 3, (axis + 2) % 3]
    var own = bins[axis]
    let (pace, count) = (m[axis, 0] / width, Double(own.count))
    var (known, bin): (Double, [Int]) = (.nan, [])
    for k in stride(from: 0, to: shape.k, by: step) {
      for j in stride(from: 0, to: shape.j, by: step) {
        let row = first + shape.i * (j + shape.j * k)
        let point = m.worldPoint(i: 0, j: Double(j), k: Double(k))
        let start = [point.x, point.y, point.z]
        let places = others.map { (start[$0] - origin[$0]) / width }
        guard places[0] >= 0, places[1] >= 0, places[0] < Double(bins[others[0]].count),
          places[1] < Double(bins[others[1]].count)
        else { continue }
        // A row's voxels fall into the same bins as another's, unless it is shifted along itself.
        let begin = (start[axis] - origin[axis]) / width
        if begin != known {
          let places = (0..<shape.i).map { begin + pace * Double($0) }
          (known, bin) = (begin, places.map { $0 >= 0 && $0 < count ? Int($0) : -1 })
        }
        var sum = 0.0
        for i in stride(from: 0, to: shape.i, by: step) {
          let value = voxels[row + i]
          guard value.isFinite else { continue }
          let part = weight(value)
          guard part > 0, bin[i] >= 0 else { continue }
          own[bin[i]] += Double(part)
          sum += Double(part)
        }
        if sum > 0 { for other in 0..<2 { bins[others[other]][Int(places[other])] += sum } }
      }
    }
    bins[axis] = own
  }

  /// The box around the bins that hold more than a part of their axis' fullest one, voxel edges included; nil: all are empty.
  func support(above part: Double, of affine: Affine) -> WorldBox? {
    var (low, high) = ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    for axis in 0..<3 {
      guard let peak = bins[axis].max(), peak > 0, let first = bins[axis].firstIndex(where: { $0 > part * peak }),
        let last = bins[axis].lastIndex(where: { $0 > part * peak })
      else { return nil }
      let half = (0..<3).reduce(0) { $0 + abs(affine[axis, $1]) } / 2
      low[axis] = origin[axis] + (Double(first) + 0.5) * width - half
      high[axis] = origin[axis] + (Double(last) + 0.5) * width + half
    }
    return WorldBox(low: low, high: high)
  }

  /// The fullest bin of an axis.
  func peak(axis: Int) -> Double { bins[axis].max() ?? 0 }

  /// The sum over the bins within a radius (mm) of a coordinate.
  func mass(axis: Int, at coordinate: Double, radius: Double) -> Double {
    let count = Double(bins[axis].count)
    let low = min(count, max(0, ((coordinate - radius - origin[axis]) / width).rounded(.down)))
    let high = min(count, max(low, ((coordinate + radius - origin[axis]) / width).rounded(.down) + 1))
    return bins[axis][Int(low)..<Int(high)].reduce(0, +)
  }
}
