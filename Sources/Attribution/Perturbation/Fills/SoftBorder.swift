internal import PellucidNetworks

/// A soft border around occluded voxels.
///
///     w_v = max(0, 1 − d_v / width)      d_v: distance in mm from v's centre to the nearest occluded voxel's; 1 inside
struct SoftBorder {
  /// mm.
  let width: Double
  /// mm along D, H, W.
  let voxelSizes: [Double]
  /// Extents of the image.
  let extents: [Int]

  /// The place with its border, cut at the image's; weights stay as they are.
  func around(_ place: Perturbation.Place) -> Perturbation.Place {
    switch place {
    case .box(let box):
      let inside = box.clipped(to: extents)
      return inside.isEmpty ? place : around(inside)
    case .voxels(let offsets, let box):
      let inside = box.clipped(to: extents)
      return inside.isEmpty || offsets.isEmpty ? place : around(offsets, in: inside)
    case .weights: return place
    }
  }

  /// Boxes with their borders; those of equal extents, equally far from the image's borders, share their weights.
  func around(_ boxes: [Box]) -> [Perturbation.Place] {
    var known: [[Int]: [Float]] = [:]
    return boxes.map { box in
      let inside = box.clipped(to: extents)
      guard !inside.isEmpty else { return .box(box) }
      let whole = grown(inside)
      let key = zip(inside.lower + inside.upper + whole.upper, whole.lower + whole.lower + whole.lower).map(-)
      if let weights = known[key] { return .weights(weights, within: whole) }
      let place = around(inside)
      if case .weights(let weights, _) = place { known[key] = weights }
      return place
    }
  }

  private func reach(_ axis: Int) -> Int { Int(min(width / voxelSizes[axis], Double(extents[axis]))) }

  private func grown(_ box: Box) -> Box {
    Box(
      lower: (0..<3).map { box.lower[$0] - reach($0) }, upper: (0..<3).map { box.upper[$0] + reach($0) }
    ).clipped(to: extents)
  }

  private func weight(_ squaredDistance: Double) -> Float { Float(max(0, 1 - squaredDistance.squareRoot() / width)) }

  private func around(_ box: Box) -> Perturbation.Place {
    let whole = grown(box)
    let squares = (0..<3).map { axis in
      (whole.lower[axis]..<whole.upper[axis]).map { place in
        let gap = Double(max(0, box.lower[axis] - place, place - box.upper[axis] + 1)) * voxelSizes[axis]
        return gap * gap
      }
    }
    var weights: [Float] = []
    weights.reserveCapacity(whole.count)
    for d in squares[0] { for h in squares[1] { for w in squares[2] { weights.append(weight(d + h + w)) } } }
    return .weights(weights, within: whole)
  }

  private func around(_ offsets: [Int32], in box: Box) -> Perturbation.Place {
    let whole = grown(box)
    let size = whole.extents
    var squares = [Double](repeating: .infinity, count: whole.count)
    for offset in offsets {
      let place = Int(offset)
      let d = place / (extents[1] * extents[2]) - whole.lower[0]
      let h = place / extents[2] % extents[1] - whole.lower[1]
      let w = place % extents[2] - whole.lower[2]
      squares[(d * size[1] + h) * size[2] + w] = 0
    }
    // The squared distance is a sum over the axes: the smallest is found axis by axis.
    for axis in 0..<3 {
      let inner = size[(axis + 1)...].reduce(1, *)
      squares = nearest(squares, length: size[axis], inner: inner, axis)
    }
    return .weights(squares.map(weight), within: whole)
  }

  private func nearest(_ squares: [Double], length: Int, inner: Int, _ axis: Int) -> [Double] {
    var out = squares
    let input = squares.span
    var output = out.mutableSpan
    let reach = reach(axis)
    guard reach > 0 else { return squares }
    for begin in stride(from: 0, to: squares.count, by: length * inner) {
      for step in 1...reach where step < length {
        let far = Double(step) * voxelSizes[axis] * Double(step) * voxelSizes[axis]
        let shift = step * inner
        for n in begin..<(begin + length * inner - shift) {
          output[n] = min(output[n], input[n + shift] + far)
          output[n + shift] = min(output[n + shift], input[n] + far)
        }
      }
    }
    return out
  }
}
