internal import PellucidTensors

/// How a graph is run when only part of the image has changed: which steps work on boxes, and what they need beside them.
struct RegionPlan: Sendable {
  enum Kind: Sendable {
    /// On boxes; the view along the image's D, H, W, the same for every input.
    ///
    /// Where it grows, the input's box grows to all that the output's box sees, so that nothing beside it has to be known.
    case boxes(any RegionOperator, views: [AxisView], grows: Bool)
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

  /// - Parameters:
  ///   - network: its canonical graph; the plan runs it in a form of its own.
  ///   - spare: bytes that values of the unchanged image may take only to recompute less.
  init(_ network: Graph, spare: Int) {
    let plan = RegionPlan(running: network.normalizingParts().refolding(), spare: spare)
    // What runs in full anyway may do several steps at once.
    let full = Set(zip(plan.graph.nodes, plan.kinds).compactMap { node, kind in kind.isFull ? node.output : nil })
    let fused = plan.graph.fused(plan.graph.fusions(), keeping: plan.baselines, isFree: full.contains)
    self = fused.nodes.count == plan.graph.nodes.count ? plan : RegionPlan(running: fused, spare: spare)
  }

  private init(running graph: Graph, spare: Int) {
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
        let grows = node.inputs.count == 1 && views.allSatisfy(\.growsToWindows)
        kinds.append(.boxes(operation, views: views, grows: grows))
        regional[node.output.index] = true
        // A step whose windows overlap or are large sees beyond what changed; branches that meet may have changed in different boxes.
        if !grows { baselines.formUnion(node.inputs) }
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
    Self.keepMore(of: graph, within: spare, &kinds, &baselines)
    self.kinds = kinds
    self.isRegional = regional
    self.axes = axes
    self.baselines = baselines
    self.lastUse = lastUse
    let pass = ForwardPass(graph)
    rectifier = graph.nodes.indices.map { pass.rectifier(after: $0, baselines) == nil ? nil : $0 + 1 }
  }

  /// Lets steps with windows read what is beside a change instead of having it recomputed, as far as the bytes go, small values first: those
  /// lie deep in the network, where a voxel costs most.
  private static func keepMore(
    of graph: Graph, within spare: Int, _ kinds: inout [Kind], _ baselines: inout Set<ValueID>
  ) {
    let growing = kinds.indices.filter { place in
      guard case .boxes(_, let views, true) = kinds[place] else { return false }
      return !views.allSatisfy(\.isPointwise)
    }
    func bytes(_ place: Int) -> Int {
      let input = graph.nodes[place].inputs[0]
      return baselines.contains(input) ? 0 : 4 * graph.shape(of: input).count
    }
    var left = spare
    for (place, bytes) in growing.map({ ($0, bytes($0)) }).sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) })
    where bytes <= left {
      guard case .boxes(let operation, let views, _) = kinds[place] else { continue }
      kinds[place] = .boxes(operation, views: views, grows: false)
      left -= baselines.insert(graph.nodes[place].inputs[0]).inserted ? bytes : 0
    }
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
      guard case .boxes(_, let views, true) = kind else { continue }
      let input = node.inputs[0]
      let map = self.extents(input)
      for axis in 0..<3 {
        let seen = min(views[axis].seenExtent(extents[axis][node.output.index]), map[axis])
        extents[axis][input.index] = max(extents[axis][input.index], seen)
      }
    }
    // Axis by axis becomes value by value, in the order of each value's own axes.
    let own = graph.values.indices.map { value -> [Int] in
      guard isRegional[value] else { return [] }
      var own = [0, 0, 0]
      for axis in 0..<3 { own[axes[value][axis]] = extents[axis][value] }
      return own
    }
    return live(own).during.max() ?? 0
  }

  /// Bytes of one image's values while each node is run, copies of what it reads included, and after it.
  /// - Parameter extents: of each value's box along its own axes; empty: all of it.
  func live(_ extents: [[Int]]) -> (during: [Int], after: [Int]) {
    func size(_ value: ValueID) -> Int {
      let shape = graph.shape(of: value)
      return 4 * (extents[value.index].isEmpty ? shape.count : extents[value.index].reduce(shape[1], *))
    }
    var sizes = Array(repeating: 0, count: graph.values.count)
    sizes[graph.input.index] = size(graph.input)
    var live = sizes[graph.input.index]
    var during: [Int] = []
    var after: [Int] = []
    for (place, node) in graph.nodes.enumerated() {
      // A step reads its inputs in copies, with their surroundings.
      let copies = node.inputs.reduce(0) { sum, input in
        guard case .boxes(_, let views, _) = kinds[place] else { return sum + 4 * graph.shape(of: input).count }
        let output = extents[node.output.index]
        let seen = (0..<3).reduce(1) { $0 * views[$1].seenExtent(output[axes[node.output.index][$1]]) }
        return sum + 4 * graph.shape(of: input)[1] * seen
      }
      sizes[node.output.index] = size(node.output)
      live += sizes[node.output.index]
      during.append(live + copies)
      for input in node.inputs where lastUse[input.index] <= place {
        live -= sizes[input.index]
        sizes[input.index] = 0
      }
      after.append(live)
    }
    return (during, after)
  }

  /// Where a change of lower ≤ v < upper of the image along an axis reaches, value by value; 0…0 for values that are never boxes.
  func reach(axis: Int, lower: Int, upper: Int) -> AxisReach {
    var reach = AxisReach(
      lower: Array(repeating: 0, count: graph.values.count), upper: Array(repeating: 0, count: graph.values.count))
    reach.lower[graph.input.index] = lower
    reach.upper[graph.input.index] = upper
    for (node, kind) in zip(graph.nodes, kinds) {
      guard case .boxes(_, let views, _) = kind else { continue }
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
      guard case .boxes(_, let views, let grows) = kind else { continue }
      settle(node.output)
      guard grows else { continue }
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
