public import PellucidAttribution
public import PellucidFaults
package import PellucidNetworks
internal import PellucidTensors

/// By how much the map mistakes what happens to the score when a box is filled.
///
///     E[(β·a − b)²] over N random boxes,  b = f(x) − f(x with the box filled),  β = Σab / Σa²
///
///     a = Σ (x − fill)·R over the box      for gradients and class activation maps
///     a = Σ R over the box                 for maps whose values are parts of the score, and for files
///
/// - Source: Yeh et al. 2019, arXiv:1901.09392, with boxes as the perturbation.
public enum Infidelity: FaithfulnessMetric {
  /// Its name.
  public static let name = "infidelity"
  /// What it asks.
  public static let summary =
    "mean squared difference between what a map predicts of filling a random box and what happens"
  /// Its paper.
  public static let paper = "Yeh et al. 2019, arXiv:1901.09392"
  /// A map that foretells.
  public static let better = BetterScore.lower
  /// Filled boxes.
  public static let usesFill = true
  private static let usual = 100

  /// The same boxes for all maps.
  public static func passes(_ settings: FaithfulnessProbe.Settings, features: Int) -> (each: Int, shared: Int) {
    (0, settings.samples ?? usual)
  }

  /// Compares what the map predicts with what happens.
  public static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let random = RandomSets(seed: probe.settings.seed)
    let spatial = probe.subject.image.shape.spatial
    let boxes = (0..<probe.samples(usual)).map { place in
      var numbers = random.numbers(100, place)
      return RandomSets.box(in: spatial, &numbers)
    }
    return try measure(map, by: probe, boxes, progress: progress)
  }

  /// The same over these boxes.
  package static func measure(
    _ map: TestedMap, by probe: FaithfulnessProbe, _ boxes: [Box], progress: any ProgressObserver
  ) throws(PellucidError) -> FaithfulnessValue {
    let drops = try probe.once(name) { () throws(PellucidError) in
      [try probe.scores(boxes.count, progress: progress) { .box(boxes[$0]) }.map { probe.original - $0 }]
    }[0]
    let predicted = boxes.map { box in
      multipliesInput(map.origin)
        ? weighted(map, probe, box) : sum(map, box, spatial: probe.subject.image.shape.spatial)
    }
    return value(predicted, drops)
  }

  /// The mean of (β·a − b)²; nil where the map is 0 in all boxes.
  package static func value(_ a: [Double], _ b: [Double]) -> FaithfulnessValue {
    let square = a.reduce(0) { $0 + $1 * $1 }
    guard square > 0 else { return FaithfulnessValue(nil, repetitions: a.count) }
    let beta = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / square
    return FaithfulnessValue(
      meanOf: zip(a, b).map { (beta * $0 - $1) * (beta * $0 - $1) }, repetitions: a.count)
  }

  /// Whether a map tells how the score changes with each voxel: gradients and class activation maps, not those that blank windows.
  package static func multipliesInput(_ origin: TestedMap.Origin) -> Bool {
    guard case .method(let method, let relevance, _, _) = origin else { return false }
    return relevance.measure == .intensive && method.defaultScore == .logit
  }

  private static func sum(_ map: TestedMap, _ box: Box, spatial: [Int]) -> Double {
    rows(of: box, spatial).reduce(0) { total, row in row.reduce(total) { $0 + Double(map.values[$1]) } }
  }

  /// Σ (x − fill)·R over a box, channel by channel.
  private static func weighted(_ map: TestedMap, _ probe: FaithfulnessProbe, _ box: Box) -> Double {
    let shape = probe.subject.image.shape
    let change = probe.filling.change(in: box)
    let relevance = map.map.ordered(.channelsLast)
    let (channels, own) = (shape[1], map.map.shape[1])
    return change.withValues { change in
      relevance.withValues { relevance in
        rows(of: box, shape.spatial).reduce(0.0) { total, row in
          row.reduce(total) { total, voxel in
            (0..<channels).reduce(total) { total, channel in
              // Both hold a value a voxel and channel, or the map one for all channels.
              let r = unsafe relevance.buffer[own == 1 ? voxel : voxel * own + channel]
              let x = unsafe change.buffer[voxel * channels + channel]
              return total + Double(r) * Double(x)
            }
          }
        }
      }
    }
  }

  private static func rows(of box: Box, _ spatial: [Int]) -> [Range<Int>] {
    (box.lower[0]..<box.upper[0]).flatMap { d in
      (box.lower[1]..<box.upper[1]).map { h in
        let row = (d * spatial[1] + h) * spatial[2]
        return (row + box.lower[2])..<(row + box.upper[2])
      }
    }
  }
}
