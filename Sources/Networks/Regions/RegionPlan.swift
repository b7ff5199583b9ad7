internal import PellucidTensors

/// How a graph is run when only part of the image has changed: which steps work on boxes, and what they need beside them.
struct RegionPlan: Sendable {
  enum Kind: Sendable {
    /// On boxes; the view along the image's D, H, W, the same for every input.
    case boxes(any RegionOperator, views: [AxisView])
    /// factor·Σ over the voxels, updated by the difference.
    case voxelSum(factor: Double)
    /// In full.
    case full

    var isFull: Bool {
      if case .full = self { true } else { false }
    }
  }

  let graph: Graph
  /// What becomes of each node.
  let kinds: [Kind]
  /// The place of the ReLU that a node applies itself, which is then skipped.
  let rectifier: [Int?]
  /// Whether a value is known by boxes, so that it may be less than whole.
  let isRegional: [Bool]
  /// Which of D, H, W of each value's map of three axes the image's D, H, W are.
  let axes: [[Int]]
  /// Values of the unchanged image that must be at hand.
  let baselines: Set<ValueID>
  /// Place of the last node that reads each value; past the end for the output.
  let lastUse: [Int]

  /// - Parameter network: its canonical graph; the plan runs it in a form of its own.
  init(_ network: Graph) {
    let plan = RegionPlan(running: network.normalizingParts().refolding())
    // What runs in full anyway may do several steps at once.
    let full = Set(zip(plan.graph.nodes, plan.kinds).compactMap { node, kind in kind.isFull ? node.output : nil })
    let fused = plan.graph.fused(plan.graph.fusions(), keeping: plan.baselines, isFree: full.contains)
    self = fused.nodes.count == plan.graph.nodes.count ? plan : RegionPlan(running: fused)
  }

  private init(running graph: Graph) {
    self.graph = graph
    var regional = Array(repeating: false, count: graph.values.count)
    regional[graph.input.index] = true
    var kinds: [Kind] = []
    var baselines: Set<ValueID> = []
    var lastUse = Array(repeating: -1, count: graph.values.count)
    var axes = Array(repeating: [0, 1, 2], count: graph.values.count)
    for (place, node) in graph.nodes.enumerated() {
      let shapes = node.inputs.map { graph.shape(of: $0) }
      let output = graph.shape(of: node.output)
      let own = axes[node.inputs[0].index]
      let comesInBoxes = node.inputs.allSatisfy { regional[$0.index] && axes[$0.index] == own }
      for input in node.inputs { lastUse[input.index] = place }
      if comesInBoxes, let operation = node.operation as? any RegionOperator,
        let window = operation.regionWindow(shapes)
      {
        let places = (operation as? Refolding).map { step in own.map { step.permutation[$0] } } ?? own
        let extents = output.asVolume.spatial
        let views = (0..<3).map { axis in AxisView(window, axis: own[axis], outputs: extents[places[axis]]) }
        axes[node.output.index] = places
        kinds.append(.boxes(operation, views: views))
        regional[node.output.index] = true
        // A step whose windows overlap or are large sees beyond what changed; branches that meet may have changed in different boxes.
        if node.inputs.count > 1 || !views.allSatisfy(\.growsToWindows) { baselines.formUnion(node.inputs) }
      } else {
        baselines.formUnion(node.inputs.filter { regional[$0.index] })
        if comesInBoxes, let factor = (node.operation as? Reduce)?.voxelSumFactor(shapes[0]) {
          kinds.append(.voxelSum(factor: factor))
        } else {
          kinds.append(.full)
        }
      }
    }
    lastUse[graph.output.index] = graph.nodes.count
    if regional[graph.output.index] { baselines.insert(graph.output) }
    self.kinds = kinds
    self.isRegional = regional
    self.axes = axes
    self.baselines = baselines
    self.lastUse = lastUse
    let pass = ForwardPass(graph)
    rectifier = graph.nodes.indices.map { pass.rectifier(after: $0, baselines) == nil ? nil : $0 + 1 }
  }

  /// Extents of a value's map along the image's D, H, W.
  private func extents(_ value: ValueID) -> [Int] {
    let map = graph.shape(of: value).asVolume.spatial
    return axes[value.index].map { map[$0] }
  }

  /// Bytes of the values of the unchanged image that must be at hand.
  var baselineBytes: Int { baselines.reduce(0) { $0 + 4 * graph.shape(of: $1).count } }

  /// The most bytes that one image's values take at a time, given the extents along D, H, W that a change reaches in each value.
  func liveBytes(_ reached: [[Int]]) -> Int {
    var extents = reached
    // As ``boxes(_:)`` lets them grow, at most.
    for (node, kind) in zip(graph.nodes, kinds).reversed() {
      guard case .boxes(_, let views) = kind, node.inputs.count == 1, views.allSatisfy(\.growsToWindows) else {
        continue
      }
      let input = node.inputs[0]
      let map = self.extents(input)
      for axis in 0..<3 {
        let seen = min(views[axis].seenExtent(extents[axis][node.output.index]), map[axis])
        extents[axis][input.index] = max(extents[axis][input.index], seen)
      }
    }
    var sizes = Array(repeating: 0, count: graph.values.count)
    func size(_ value: ValueID) -> Int {
      let shape = graph.shape(of: value)
      return 4 * (isRegional[value.index] ? extents.reduce(shape[1]) { $0 * $1[value.index] } : shape.count)
    }
    sizes[graph.input.index] = size(graph.input)
    var live = sizes[graph.input.index]
    var most = live
    for (place, node) in graph.nodes.enumerated() {
      // A step reads its inputs in copies, with their surroundings.
      let copies = node.inputs.reduce(0) { sum, input in
        guard case .boxes(_, let views) = kinds[place] else { return sum + 4 * graph.shape(of: input).count }
        let seen = (0..<3).reduce(1) { $0 * views[$1].seenExtent(extents[$1][node.output.index]) }
        return sum + 4 * graph.shape(of: input)[1] * seen
      }
      sizes[node.output.index] = size(node.output)
      live += sizes[node.output.index]
      most = max(most, live + copies)
      for input in node.inputs where lastUse[input.index] <= place {
        live -= sizes[input.index]
        sizes[input.index] = 0
      }
    }
    return most
  }

  /// Where a change of lower ≤ v < upper of the image along an axis reaches, value by value; 0…0 for values that are never boxes.
  func reach(axis: Int, lower: Int, upper: Int) -> AxisReach {
    var reach = AxisReach(
      lower: Array(repeating: 0, count: graph.values.count), upper: Array(repeating: 0, count: graph.values.count))
    reach.lower[graph.input.index] = lower
    reach.upper[graph.input.index] = upper
    for (node, kind) in zip(graph.nodes, kinds) {
      guard case .boxes(_, let views) = kind else { continue }
      var low = Int.max
      var high = 0
      for input in node.inputs {
        let reached = views[axis].reached(reach.lower[input.index], reach.upper[input.index])
        low = min(low, reached.lower)
        high = max(high, reached.upper)
      }
      reach.lower[node.output.index] = low
      reach.upper[node.output.index] = high
    }
    return reach
  }

  /// Boxes of equal extents in every value for a batch of images, given where each image's change reaches along D, H, W.
  ///
  /// A box may be larger than what changed: what is recomputed without need is the baseline again. So boxes grow to the batch's
  /// largest, shifted to stay inside, and a value that is only read by steps with small windows that lie apart grows to what those need.
  func boxes(_ members: [[AxisReach]]) -> [Boxes?] {
    var result: [Boxes?] = Array(repeating: nil, count: graph.values.count)
    let count = members.count
    var lower = (0..<3).map { axis in members.map { $0[axis].lower } }
    var upper = (0..<3).map { axis in members.map { $0[axis].upper } }

    func settle(_ value: ValueID) {
      let map = self.extents(value)
      let places = axes[value.index]
      var corners = [Int64](repeating: 0, count: 3 * count)
      let extents = (0..<3).map { axis in
        var extent = 1
        for m in 0..<count { extent = max(extent, upper[axis][m][value.index] - lower[axis][m][value.index]) }
        for m in 0..<count {
          let corner = min(lower[axis][m][value.index], map[axis] - extent)
          lower[axis][m][value.index] = corner
          upper[axis][m][value.index] = corner + extent
          corners[3 * m + places[axis]] = Int64(corner)
        }
        return extent
      }
      var own = extents
      for axis in 0..<3 { own[places[axis]] = extents[axis] }
      result[value.index] = Boxes(extents: own, corners: corners)
    }

    for (node, kind) in zip(graph.nodes, kinds).reversed() {
      guard case .boxes(_, let views) = kind else { continue }
      settle(node.output)
      guard node.inputs.count == 1, views.allSatisfy(\.growsToWindows) else { continue }
      let input = node.inputs[0]
      let map = self.extents(input)
      for axis in 0..<3 {
        for m in 0..<count {
          let seen = views[axis].seen(lower[axis][m][node.output.index], upper[axis][m][node.output.index])
          let low = max(seen.lower, 0)
          let high = min(seen.upper, map[axis])
          guard low < high else { continue }
          lower[axis][m][input.index] = min(lower[axis][m][input.index], low)
          upper[axis][m][input.index] = max(upper[axis][m][input.index], high)
        }
      }
    }
    settle(graph.input)
    return result
  }
}

/// Where a change along one axis reaches, value by value.
struct AxisReach: Hashable, Sendable {
  var lower: [Int]
  var upper: [Int]

  /// The extents in every value: changes alike in all of them can share a batch.
  var extents: [Int] { zip(lower, upper).map { $1 - $0 } }
}
