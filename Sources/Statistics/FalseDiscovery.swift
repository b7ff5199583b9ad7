/// The false discovery rate.
///
/// Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
public enum FalseDiscovery {
  /// The smallest rate at which each test would be a discovery; nil where there is no p, which does not count as a test.
  ///
  ///     q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j, at most 1
  public static func adjusted(_ p: [Double?]) -> [Double?] {
    let known = p.indices.filter { p[$0] != nil }.sorted { (p[$0] ?? 1) < (p[$1] ?? 1) }
    var adjusted = [Double?](repeating: nil, count: p.count)
    var least = 1.0
    for (rank, place) in known.enumerated().reversed() {
      least = min(least, (p[place] ?? 1) * Double(known.count) / Double(rank + 1))
      adjusted[place] = least
    }
    return adjusted
  }
}
