internal import PellucidModelCards
internal import PellucidVolumes

/// A linear map along one axis as a sparse matrix: each output voxel is a weighted sum of a few input voxels.
struct AxisWeights: Sendable {
  /// Input voxels.
  let inputCount: Int
  /// Where the entries of each row begin; one more than there are rows.
  private(set) var starts = [0]
  /// Input voxel of each entry.
  private(set) var indices: [Int] = []
  /// Weight of each entry.
  private(set) var weights: [Float] = []

  private init(inputCount: Int) { self.inputCount = inputCount }

  /// Output voxels.
  var outputCount: Int { starts.count - 1 }

  /// Whether every voxel stays what and where it is.
  var isIdentity: Bool {
    outputCount == inputCount && indices.count == inputCount && weights.allSatisfy { $0 == 1 }
      && indices.enumerated().allSatisfy { $0.offset == $0.element }
  }

  private mutating func endRow() { starts.append(indices.count) }

  private mutating func add(_ index: Int, _ weight: Double) {
    guard weight != 0 else { return }
    indices.append(index)
    weights.append(Float(weight))
  }

  /// The place, or the outermost centre where it lies beyond; places within 1e-4 of a centre, a few µm, are the centre: headers hold
  /// float32.
  private static func settled(_ place: Double, in voxels: Range<Int>) -> Double {
    let whole = place.rounded()
    return min(max(abs(place - whole) < 1e-4 ? whole : place, Double(voxels.lowerBound)), Double(voxels.upperBound - 1))
  }

  /// Linear interpolation at a place among these voxels, which keep their value beyond the outermost centres.
  private mutating func addLinear(at place: Double, in voxels: Range<Int>) {
    let place = Self.settled(place, in: voxels)
    let lower = Int(place)
    let part = place - Double(lower)
    add(lower, 1 - part)
    add(lower + 1, part)
  }
}

// MARK: From the scan to the model's spacing

extension AxisWeights {
  /// The scan's values at the centres of the resampled grid; beyond its outermost centres those at them.
  /// - Parameter rule: `.cubic` takes coefficients (``Volume/splineCoefficients(along:)``) in the place of values.
  static func resampling(_ path: AxisPath, _ rule: Interpolation) -> AxisWeights {
    var matrix = AxisWeights(inputCount: path.scanCount)
    let voxels = 0..<path.scanCount
    for index in 0..<path.resampledCount {
      let place = path.scanPlace(ofResampled: index)
      switch path.isResampled ? rule : .linear {
      case .linear: matrix.addLinear(at: place, in: voxels)
      case .nearest:
        // A place on the border between two voxels belongs to the higher one.
        matrix.add(Int(settled((place + 0.5 + 1e-4).rounded(.down), in: voxels)), 1)
      case .cubic:
        let taps = CubicTaps(settled(place, in: voxels), count: path.scanCount, stride: 1)
        matrix.add(taps.at.0, taps.weight.0)
        matrix.add(taps.at.1, taps.weight.1)
        matrix.add(taps.at.2, taps.weight.2)
        matrix.add(taps.at.3, taps.weight.3)
      }
      matrix.endRow()
    }
    return matrix
  }
}

// MARK: From the model's grid to the scan

extension AxisWeights {
  /// The value of a map on the model's grid at each voxel centre of the scan; 0 outside what the model sees.
  ///
  /// Only voxels of the model that hold voxels of the scan take part, not padding; beyond their outermost centres the value stays.
  static func values(_ path: AxisPath, isLinear: Bool) -> AxisWeights {
    var matrix = AxisWeights(inputCount: path.modelCount)
    let filled = path.filled
    for index in 0..<path.scanCount {
      let place = path.modelPlace(ofScan: index)
      let nearest = Int((place + 0.5 + 1e-4).rounded(.down))
      let isSeen = place > Double(filled.lowerBound) - 0.5 - 1e-4 && place < Double(filled.upperBound) - 0.5 + 1e-4
      if isSeen {
        if isLinear {
          matrix.addLinear(at: place, in: filled)
        } else {
          matrix.add(min(max(nearest, filled.lowerBound), filled.upperBound - 1), 1)
        }
      }
      matrix.endRow()
    }
    return matrix
  }

  /// What of each voxel of the model falls into each voxel of the scan: the sum over the scan is the sum over the voxels of the model
  /// that hold voxels of the scan.
  ///
  ///     W[v, m] = ∫ over voxel v of φ_m
  ///
  /// φ_m is the weight that interpolation gives to voxel m (a hat for linear, a box for nearest), continued as a constant beyond the
  /// outermost centres, so ∫ φ_m = 1 and Σ_m φ_m = 1: every voxel's share is kept, and a constant density stays constant. Where the
  /// rounded extent of the resampled grid goes beyond the scan, its outermost voxels take what lies there. An axis that was not
  /// resampled is copied.
  static func shares(_ path: AxisPath, isLinear: Bool) -> AxisWeights {
    guard path.isResampled else { return values(path, isLinear: false) }
    var matrix = AxisWeights(inputCount: path.modelCount)
    let filled = path.filled
    let (low, high) = (Double(filled.lowerBound) - 0.5, Double(filled.upperBound) - 0.5)
    let grid = (low: Double(path.shift) - 0.5, high: Double(path.shift + path.resampledCount) - 0.5)
    let half = 0.5 / path.ratio
    for index in 0..<path.scanCount {
      let place = path.modelPlace(ofScan: index)
      let along = path.isFlipped ? path.scanCount - 1 - index : index
      let begin = max(low, along == 0 ? min(place - half, grid.low) : place - half)
      let end = min(high, along == path.scanCount - 1 ? max(place + half, grid.high) : place + half)
      if begin < end {
        let reach = isLinear ? 1.0 : 0.5
        let first = max(filled.lowerBound, Int((begin - reach).rounded(.down)))
        let last = min(filled.upperBound - 1, Int((end + reach).rounded(.up)))
        for voxel in first...last {
          let share =
            isLinear
            ? hatIntegral(to: end, of: voxel, in: filled) - hatIntegral(to: begin, of: voxel, in: filled)
            : max(0, min(end, Double(voxel) + 0.5) - max(begin, Double(voxel) - 0.5))
          // Rounding leaves hairs where a voxel ends on a border.
          if share > 1e-9 { matrix.add(voxel, share) }
        }
      }
      matrix.endRow()
    }
    return matrix
  }

  /// ∫ of linear interpolation's weight for a voxel, from the low end of the voxels to a place.
  private static func hatIntegral(to place: Double, of voxel: Int, in voxels: Range<Int>) -> Double {
    let t = place - Double(voxel)
    let below: Double  // ∫ up to t ≤ 0
    if voxel == voxels.lowerBound {
      below = min(t, 0) + 0.5
    } else {
      let side = max(0, 1 + min(t, 0))
      below = side * side / 2
    }
    guard t > 0 else { return max(0, below) }
    if voxel == voxels.upperBound - 1 { return below + min(t, 0.5) }
    let side = max(0, 1 - t)
    return below + (1 - side * side) / 2
  }
}

// MARK: Applying

extension AxisWeights {
  /// The map along one axis of an array.
  /// - Parameters:
  ///   - values: the array, its first axis fastest.
  ///   - extents: its extents, the fastest first; that of `axis` becomes ``outputCount``.
  /// - Accuracy: a voxel that is one input voxel with weight 1 is that value, bit for bit.
  func applied(to values: [Float], extents: inout [Int], axis: Int) -> [Float] {
    precondition(
      extents[axis] == inputCount && extents.reduce(1, *) == values.count, "a map along an axis of another length")
    guard !isIdentity else { return values }
    let inner = extents[..<axis].reduce(1, *)
    let outer = extents[(axis + 1)...].reduce(1, *)
    extents[axis] = outputCount
    return inner == 1 ? combinedVoxels(values, rows: outer) : combinedRuns(values, inner, outer)
  }

  /// Along the fastest axis.
  private func combinedVoxels(_ values: [Float], rows: Int) -> [Float] {
    var out = [Float](repeating: 0, count: outputCount * rows)
    let input = values.span
    var output = out.mutableSpan
    let (starts, indices, weights) = (self.starts.span, self.indices.span, self.weights.span)
    let count = outputCount
    for row in 0..<rows {
      let from = row * inputCount
      let to = row * count
      for voxel in 0..<count {
        let (first, end) = (starts[voxel], starts[voxel + 1])
        guard first < end else { continue }
        var sum = weights[first] * input[from + indices[first]]
        var entry = first + 1
        while entry < end {
          sum += weights[entry] * input[from + indices[entry]]
          entry += 1
        }
        output[to + voxel] = sum
      }
    }
    return out
  }

  /// Along a slower axis: runs of `inner` neighbours at a time.
  private func combinedRuns(_ values: [Float], _ inner: Int, _ outer: Int) -> [Float] {
    let size = inner * outputCount * outer
    // The output is 28 MB for a scan of 1 mm: it is written once, run by run. Input and output lie within `values` and `size`:
    // indices are below `inputCount`, rows below `outputCount`.
    return unsafe [Float](onLargePages: size) { memory, count in
      unsafe values.withUnsafeBufferPointer { input in
        for slab in 0..<outer {
          for voxel in 0..<outputCount {
            let to = (slab * outputCount + voxel) * inner
            let run = memory.extracting(to..<(to + inner))
            let entries = starts[voxel]..<starts[voxel + 1]
            func source(_ entry: Int) -> UnsafeBufferPointer<Float> {
              let from = (slab * inputCount + indices[entry]) * inner
              return input.extracting(from..<(from + inner))
            }
            unsafe combine(entries, source, into: run)
          }
        }
      }
      count = size
    }
  }

  /// Σ weight · source over the entries of a row.
  @inline(__always)
  private func combine(
    _ entries: Range<Int>, _ source: (Int) -> UnsafeBufferPointer<Float>, into run: UnsafeMutableBufferPointer<Float>
  ) {
    guard let first = entries.first else { return unsafe run.initialize(repeating: 0) }
    let (a, weight) = unsafe (source(first), weights[first])
    guard entries.count > 1 else {
      for n in run.indices { unsafe run.initializeElement(at: n, to: weight * a[n]) }
      return
    }
    let (b, other) = unsafe (source(first + 1), weights[first + 1])
    for n in run.indices { unsafe run.initializeElement(at: n, to: weight * a[n] + other * b[n]) }
    for entry in entries.dropFirst(2) {
      let (c, weight) = unsafe (source(entry), weights[entry])
      for n in run.indices { unsafe run[n] += weight * c[n] }
    }
  }
}
