/// Where slices are cut when no positions are given.
enum SliceChoice {
  /// What a choice among places needs to know of the relevance along an axis.
  struct Evidence {
    /// How much relevance lies near a coordinate.
    var mass: (Double) -> Double
    /// Whether the slice at a coordinate shows relevance; the first kinds of slices are preferred to the later ones.
    var sees: [(Double) -> Bool]
    /// Slices that are nearer to each other show the same, mm.
    var least: Double
  }

  /// Positions (whole mm where the voxels allow, ascending), each of which shows relevance.
  ///
  /// The highest places of the relevance profile along the axis, each at least two thirds of an even spacing away from those chosen
  /// before; where that gives too few, nearer ones. Relevance that reaches over less than so many slices gets fewer: a slice without any
  /// would tell nothing of it. Without relevance: even spacing.
  /// - Parameters:
  ///   - count: how many, at least 1.
  ///   - range: the head along the axis, mm.
  ///   - evidence: what is known of the relevance; nil: even spacing.
  static func positions(_ count: Int, in range: ClosedRange<Double>, evidence: Evidence?) -> [Double] {
    let extent = range.upperBound - range.lowerBound
    // Round positions: whole millimetres in a human head, tenths or hundredths in a small animal's.
    let step =
      extent > 2000
      ? (extent / 2000).rounded() : extent > Double(4 * count) ? 1 : extent > 0.4 * Double(count) ? 0.1 : 0.01
    func rounded(_ place: Double) -> Double { (place / step).rounded() * step }
    // The outermost part at each end shows scalp or neck only.
    let (low, high) = (range.lowerBound + 0.14 * extent, range.upperBound - 0.14 * extent)
    guard let evidence else {
      return (0..<count).map {
        rounded(count == 1 ? (low + high) / 2 : low + (high - low) * Double($0) / Double(count - 1))
      }
    }
    // Relevance may put a slice farther out, and at the very end where it is nowhere else.
    for inset in [0.06 * extent, 0] {
      let candidates = Array(
        stride(from: rounded(range.lowerBound + inset), through: range.upperBound - inset, by: step))
      let ranked = candidates.map { (place: rounded($0), mass: evidence.mass($0)) }.filter { $0.mass > 0 }
        .sorted { ($1.mass, $0.place) < ($0.mass, $1.place) }.map(\.place)
      let chosen = chosen(count, among: ranked, evidence, spacing: (high - low) / Double(count), step: step)
      if !chosen.isEmpty { return chosen.sorted() }
    }
    return positions(count, in: range, evidence: nil)
  }

  /// Places of the best kind first, and of each kind the highest, ever nearer to each other until there are enough.
  private static func chosen(
    _ count: Int, among ranked: [Double], _ evidence: Evidence, spacing: Double, step: Double
  ) -> [Double] {
    var chosen: [Double] = []
    var known = [[Double: Bool]](repeating: [:], count: evidence.sees.count)
    // Places of one kind may be as near as a seventh of an even spacing before those of the next kind are taken.
    let kinds = evidence.sees.indices
    for (kind, part) in kinds.flatMap({ [($0, 0.5), ($0, 0.15)] }) + kinds.map({ ($0, 0) }) {
      // The last kind stands in for the better ones and fills no row beside them.
      if kind > 0, kind == kinds.last, !chosen.isEmpty { break }
      let sees = evidence.sees[kind]
      let least = max(evidence.least, step, part * spacing)
      var distance = max(least, spacing * 2 / 3)
      while chosen.count < count {
        for place in ranked where chosen.allSatisfy({ abs($0 - place) >= distance * 0.999 }) {
          let isSeen = known[kind][place] ?? sees(place)
          known[kind][place] = isSeen
          guard isSeen else { continue }
          chosen.append(place)
          if chosen.count == count { break }
        }
        guard distance > least else { break }
        distance = max(least, 0.75 * distance)
      }
    }
    return chosen
  }
}
