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
    // Round positions: whole millimetres in a human head, tenths or hundredths in a small animal's.
    let step =
      extent > 2000
      ? (extent / 2000).rounded() : extent > Double(4 * count) ? 1 : extent > 0.4 * Double(count) ? 0.1 : 0.01
    func rounded(_ place: Double) -> Double { (place / step).rounded() * step }
    // The outermost part at each end shows scalp or neck only; relevance may still put a slice there.
    let (low, high) = (range.lowerBound + 0.14 * extent, range.upperBound - 0.14 * extent)
    let inset = 0.06 * extent
    let candidates = Array(stride(from: rounded(range.lowerBound + inset), through: range.upperBound - inset, by: step))
    let ranked = candidates.map { (place: rounded($0), mass: mass?($0) ?? 0) }
      .sorted { ($1.mass, $0.place) < ($0.mass, $1.place) }
    guard let peak = ranked.first?.mass, peak > 0 else {
      return (0..<count).map {
        rounded(count == 1 ? (low + high) / 2 : low + (high - low) * Double($0) / Double(count - 1))
      }
    }
    var chosen: [Double] = []
    let spacing = (high - low) / Double(count) * 2 / 3
    let median = ranked[ranked.count / 2].mass
    for candidate in ranked where chosen.count < count && candidate.mass >= median + 0.1 * (peak - median) {
      if chosen.allSatisfy({ abs($0 - candidate.place) >= spacing }) { chosen.append(candidate.place) }
    }
    while chosen.count < count, let place = widestGap(chosen.sorted(), low, high) { chosen.append(rounded(place)) }
    return chosen.sorted()
  }

  /// The middle of the widest gap between slices; a gap at an end reaches from the range's end to the first slice, counts one and a
  /// half times, and gets its slice a third from the end.
  private static func widestGap(_ sorted: [Double], _ low: Double, _ high: Double) -> Double? {
    var (widest, place): (Double, Double?) = (0, nil)
    for (a, b) in zip(sorted, sorted.dropFirst()) where b - a > widest { (widest, place) = (b - a, (a + b) / 2) }
    if let a = sorted.first, 1.5 * (a - low) > widest { (widest, place) = (1.5 * (a - low), low + (a - low) / 3) }
    if let b = sorted.last, 1.5 * (high - b) > widest { (widest, place) = (1.5 * (high - b), high - (high - b) / 3) }
    return place
  }
}
