/// Where slices are cut when no positions are given.
enum SliceChoice {
  /// Positions (whole mm where the voxels allow, ascending) that show where relevance is and still cover the head.
  ///
  /// First the highest places of the relevance profile along the axis, each at least two thirds of an even spacing away from those
  /// chosen before, as long as they stand out (a tenth of the way from the profile's median to its peak); then the middles of the
  /// widest gaps. Without relevance: even spacing.
  /// - Parameters:
  ///   - count: how many, at least 1.
  ///   - range: the head along the axis, mm.
  ///   - mass: relevance near a coordinate.
  static func positions(_ count: Int, in range: ClosedRange<Double>, mass: ((Double) -> Double)?) -> [Double] {
    let extent = range.upperBound - range.lowerBound
    let step = extent > Double(4 * count) ? 1.0 : extent / Double(4 * max(1, count))
    // The outermost part at each end shows scalp or neck only; relevance may still put a slice there.
    let (low, high) = (range.lowerBound + 0.14 * extent, range.upperBound - 0.14 * extent)
    let inset = 0.06 * extent
    let first = step == 1 ? (range.lowerBound + inset).rounded(.up) : range.lowerBound + max(inset, step / 2)
    let candidates = Array(stride(from: first, to: range.upperBound - inset, by: step))
    guard let mass, !candidates.isEmpty else { return evenly(count, low, high, whole: step == 1) }
    var chosen: [Double] = []
    let spacing = (high - low) / Double(count) * 2 / 3
    let ranked = candidates.map { (place: $0, mass: mass($0)) }.sorted { ($1.mass, $0.place) < ($0.mass, $1.place) }
    let (peak, median) = (ranked[0].mass, ranked[ranked.count / 2].mass)
    guard peak > 0 else { return evenly(count, low, high, whole: step == 1) }
    for candidate in ranked where chosen.count < count && candidate.mass >= median + 0.1 * (peak - median) {
      if chosen.allSatisfy({ abs($0 - candidate.place) >= spacing }) { chosen.append(candidate.place) }
    }
    while chosen.count < count {
      // A gap at an end reaches from the range's end to the first slice, and counts in full: a slice is put a third from the end.
      let sorted = chosen.sorted()
      var (best, place) = (0.0, low)
      for (a, b) in zip(sorted, sorted.dropFirst()) where b - a > best { (best, place) = (b - a, (a + b) / 2) }
      if let a = sorted.first, 1.5 * (a - low) > best { (best, place) = (1.5 * (a - low), low + (a - low) / 3) }
      if let b = sorted.last, 1.5 * (high - b) > best { (best, place) = (1.5 * (high - b), high - (high - b) / 3) }
      chosen.append(step == 1 ? place.rounded() : place)
      if best <= 0 { break }
    }
    return chosen.sorted()
  }

  private static func evenly(_ count: Int, _ low: Double, _ high: Double, whole: Bool) -> [Double] {
    (0..<count).map { index in
      let place = count == 1 ? (low + high) / 2 : low + (high - low) * Double(index) / Double(count - 1)
      return whole ? place.rounded() : place
    }
  }
}
