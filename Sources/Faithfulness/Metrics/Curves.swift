internal import PellucidAttribution
internal import PellucidFaults

/// The walks of deletion, insertion and lerf: after step k the first round(k·n/K) features are changed, round half up.
enum Walk {
  /// Sets of filled features, k = 0…K, in an order of features.
  static func filled(_ order: [Int], steps: Int) -> [Coalition] {
    var set = Coalition(order.count, allThere: false)
    var done = 0
    return (0...steps).map { step in
      let reach = count(step, of: order.count, steps: steps)
      for place in done..<reach { set[order[place]] = true }
      done = reach
      return set
    }
  }

  /// round(k·n/K), half up.
  static func count(_ step: Int, of features: Int, steps: Int) -> Int {
    (2 * step * features + steps) / (2 * steps)
  }

  /// The features by mean R, largest first; ties: lower index first.
  static func mostRelevantFirst(_ means: [Double]) -> [Int] {
    means.indices.sorted { (means[$1], $0) < (means[$0], $1) }
  }

  /// Smallest first; ties: lower index first.
  static func leastRelevantFirst(_ means: [Double]) -> [Int] {
    means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
  }

  static func curve(
    _ sets: [Coalition], _ probe: FaithfulnessProbe, _ progress: any ProgressObserver
  ) throws(PellucidError) -> Curve {
    Curve(scores: try probe.scores(filling: sets, progress: progress))
  }
}
