/// Relevance mass accuracy: the part of a map that lies where something was changed.
///
///     mass = Σ_{v changed} |R_v| / Σ_v |R_v|
///
/// A map that is even over some voxels gets the changed part of them.
/// - Source: Arras, Osman & Samek 2022, Information Fusion 81:14–40, doi:10.1016/j.inffus.2021.11.008, where several ways
///   to make relevance positive are compared; here it is |R|.
public enum RelevanceMass {
  /// The mass, 0…1; nil for a map that is 0 everywhere.
  ///
  /// - Accuracy: sums in double precision; 1e-12 (relative) of numpy's.
  public static func accuracy(of relevance: [Float], in truth: TruthMask) -> Double? {
    precondition(relevance.count == truth.isChanged.count, "a map has a value a voxel of the mask")
    var (inside, all) = (0.0, 0.0)
    for voxel in relevance.indices {
      let size = Double(abs(relevance[voxel]))
      all += size
      if truth.isChanged[voxel] { inside += size }
    }
    return all > 0 ? inside / all : nil
  }
}

extension TruthMetric {
  /// Relevance mass accuracy; not defined for a map of zeros.
  public static let relevanceMass = TruthMetric("relevance_mass", caption: "mass", "the part of Σ|R| in changed voxels")
  {
    RelevanceMass.accuracy(of: $0.relevance, in: $0.truth)
  }
}
