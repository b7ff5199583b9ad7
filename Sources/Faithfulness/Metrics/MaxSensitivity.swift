public import PellucidAttribution
public import PellucidFaults
package import PellucidTensors

/// How much the map changes, at most, when the scan hardly does.
///
///     max over N noises ‖δ‖∞ ≤ 0.02·(max x − min x) of ‖R(x + δ) − R(x)‖₂ / ‖R(x)‖₂
///
/// δ is uniform in every voxel. Not defined for maps from files, which cannot be made again.
/// - Source: Yeh et al. 2019, arXiv:1901.09392.
public enum MaxSensitivity: FaithfulnessMetric {
  /// Its name.
  public static let name = "max-sensitivity"
  /// What it asks.
  public static let summary = "largest relative change of the map under noise of 2 % of the scan's range"
  /// Its paper.
  public static let paper = "Yeh et al. 2019, arXiv:1901.09392"
  /// A map that stays.
  public static let better = BetterScore.lower
  private static let usual = 10

  /// What the method takes is its own.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (0, 0)
  }

  /// A run for each noise.
  public static func runs(_ settings: FaithfulnessProbe.Settings) -> Int { settings.samples ?? usual }

  /// Asks the method again.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let random = RandomSets(seed: probe.settings.seed)
    let image = probe.subject.image.ordered(.rowMajor)
    let count = probe.samples(usual)
    return try measure(map, by: probe, count: count, progress: progress) { place in
      var numbers = random.numbers(200, place)
      let range = image.range
      let radius = 0.02 * Double(range.upperBound - range.lowerBound)
      return Tensor(
        (0..<image.count).map { _ in Float(radius * (2 * numbers.next() - 1)) }, shape: image.shape, order: .rowMajor)
    }
  }

  /// The same with these noises.
  package static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, count: Int, progress: any ProgressObserver,
    noise: (Int) -> Tensor
  ) throws(PellucidError) -> FaithfulnessValue {
    guard case .method(_, _, _, let again) = map.origin else { return FaithfulnessValue(nil, repetitions: 0) }
    let size = norm(map.map)
    guard size > 0 else { return FaithfulnessValue(nil, repetitions: 0) }
    let image = probe.subject.image
    var changes: [Double] = []
    for place in 0..<count {
      let noisy = image.combined(.add, with: noise(place).ordered(image.order))
      let other = try again(noisy).map
      changes.append(norm(other.combined(.subtract, with: map.map.ordered(other.order))) / size)
      progress.advanced(to: place + 1, of: count)
    }
    return FaithfulnessValue(
      changes.max(), deviation: FaithfulnessValue.deviation(changes), repetitions: count)
  }

  private static func norm(_ tensor: Tensor) -> Double {
    tensor.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
