public import PellucidAttribution
public import PellucidFaults
public import PellucidTensors

/// A relevance map on the model's grid, whoever made it.
public final class TestedMap {
  /// Where a map comes from.
  public enum Origin {
    /// One of the methods: what it said of its map, on which scale, and how it is asked again about a changed image.
    case method(
      any AttributionMethod.Type, Relevance, ScoreKind, again: (_ image: Tensor) throws(PellucidError) -> Relevance)
    /// A file.
    case file
  }

  /// What tables call it.
  public let name: String
  /// [1, C, D, H, W], or one channel for all.
  public let map: Tensor
  /// Where it comes from.
  public let origin: Origin
  /// Summed over channels, row-major D, H, W.
  package let values: [Float]
  private var curves: [String: Curve] = [:]
  private var featureSums: [Double]?

  /// A map.
  public init(_ name: String, _ map: Tensor, from origin: Origin) {
    (self.name, self.map, self.origin) = (name, map, origin)
    let all = map.ordered(.rowMajor).values
    let count = map.shape.voxels
    var values = Array(all[..<count])
    for channel in 1..<max(1, map.shape[1]) where map.shape[1] > 1 {
      for voxel in 0..<count { values[voxel] += all[channel * count + voxel] }
    }
    self.values = values
  }

  /// Whether it is the same everywhere, so that it says nothing.
  public var isConstant: Bool { !values.contains { $0 != values[0] } }

  /// ΣR over each feature.
  package func sums(_ features: FeatureMap) -> [Double] {
    if let featureSums { return featureSums }
    let sums = features.sums(of: values)
    featureSums = sums
    return sums
  }

  /// Mean R of each feature.
  package func means(_ features: FeatureMap) -> [Double] {
    sums(features).enumerated().map { $1 / Double(features.size(of: $0)) }
  }

  /// A curve that several metrics read, walked once.
  package func curve(_ name: String, _ walk: () throws(PellucidError) -> Curve) throws(PellucidError) -> Curve {
    if let known = curves[name] { return known }
    let found = try walk()
    curves[name] = found
    return found
  }
}

/// f along the steps of a curve, k = 0…K.
public struct Curve: Sendable, Hashable {
  /// f after each step.
  public let scores: [Double]

  /// The area under f over k/K, by trapezoids.
  public var area: Double {
    let steps = Double(max(1, scores.count - 1))
    return zip(scores, scores.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / steps
  }
}
