internal import PellucidTensors

/// Sorts changes into groups that can be run as one batch.
///
/// Changes whose boxes have the same extents in every value come first together, in the image's order, so that neighbours share what the
/// caches hold. Small groups are joined as long as growing their boxes to the largest costs little.
struct ChangeGrouping {
  /// Most images in a batch.
  static let most = 64
  /// How much more than its own boxes a joined group may compute.
  static let waste = 1.2

  private let plan: RegionPlan
  private let changes: [Box]
  private let limit: Int
  /// For each change, along each axis, the place of where it reaches.
  private var places: [[Int]] = []
  private var all: [AxisReach] = []
  /// Extents in every value, and which of them each reach has.
  private var extents: [[Int]] = []
  private var kinds: [Int] = []
  /// Multiply-adds and values written by each node for an output voxel.
  private let costs: [(value: Int, cost: Double)]
  private let fixed: Double

  init(_ plan: RegionPlan, _ changes: [Box], bytes: Int) {
    self.plan = plan
    self.changes = changes
    limit = bytes
    let graph = plan.graph
    var costs: [(Int, Double)] = []
    for (node, kind) in zip(graph.nodes, plan.kinds) {
      guard case .boxes = kind else { continue }
      let output = graph.shape(of: node.output)
      let work = node.operation.multiplyAdds(inputs: node.inputs.map { graph.shape(of: $0) }, output: output)
      costs.append((node.output.index, Double(work) / Double(output.asVolume.voxels) + 8 * Double(output[1])))
    }
    self.costs = costs
    // What a pass costs however small it is.
    fixed = 2e5 * Double(graph.nodes.count)
    var known: [[Int]: Int] = [:]
    var kindOf: [[Int]: Int] = [:]
    for box in changes {
      var own: [Int] = []
      for axis in 0..<3 {
        let key = [axis, box.lower[axis], box.upper[axis]]
        if let place = known[key] {
          own.append(place)
          continue
        }
        let reach = plan.reach(axis: axis, lower: box.lower[axis], upper: box.upper[axis])
        let kind = kindOf[reach.extents, default: extents.count]
        if kind == extents.count {
          kindOf[reach.extents] = kind
          extents.append(reach.extents)
        }
        known[key] = all.count
        own.append(all.count)
        all.append(reach)
        kinds.append(kind)
      }
      places.append(own)
    }
  }

  /// Where a change reaches, along each axis.
  func reaches(_ change: Int) -> [AxisReach] { places[change].map { all[$0] } }

  /// The changes in groups, and those of which not even one fits into the memory.
  func groups() -> (groups: [[Int]], tooLarge: [Int]) {
    func key(_ change: Int) -> [Int] { places[change].map { kinds[$0] } }
    var members: [[Int]: [Int]] = [:]
    for change in changes.indices { members[key(change), default: []].append(change) }
    let sorted = members.sorted { a, b in
      // By size, so that neighbours in the list can be joined.
      let sizes = (cost(a.key.map { extents[$0] }), cost(b.key.map { extents[$0] }))
      return sizes.0 != sizes.1 ? sizes.0 < sizes.1 : a.key.lexicographicallyPrecedes(b.key)
    }
    var groups: [[Int]] = []
    var tooLarge: [Int] = []
    var open: (members: [Int], extents: [[Int]], cost: Double)?
    for (kind, own) in sorted {
      let ordered = own.sorted { changes[$0].lower.lexicographicallyPrecedes(changes[$1].lower) }
      let sizes = kind.map { extents[$0] }
      let each = cost(sizes)
      let most = capacity(sizes)
      if most == 0 {
        tooLarge += ordered
        continue
      }
      if ordered.count >= most {
        groups += Self.split(ordered, most)
        continue
      }
      if let current = open {
        let joined = zip(current.extents, sizes).map { zip($0, $1).map { max($0, $1) } }
        let total = current.members.count + ordered.count
        let apart = current.cost + Double(ordered.count) * each + fixed
        if total <= capacity(joined), Double(total) * cost(joined) <= Self.waste * apart {
          open = (current.members + ordered, joined, current.cost + Double(ordered.count) * each)
          continue
        }
        groups.append(current.members)
      }
      open = (ordered, sizes, Double(ordered.count) * each)
    }
    if let open { groups.append(open.members) }
    return (groups, tooLarge.sorted())
  }

  /// Parts of equal size, none larger than `most`.
  private static func split(_ members: [Int], _ most: Int) -> [[Int]] {
    let parts = (members.count + most - 1) / most
    return (0..<parts).map { Array(members[(members.count * $0 / parts)..<(members.count * ($0 + 1) / parts)]) }
  }

  /// What computing the boxes of one image costs, in multiply-adds.
  private func cost(_ extents: [[Int]]) -> Double {
    costs.reduce(0) { sum, entry in
      sum + entry.cost * Double(extents[0][entry.value] * extents[1][entry.value] * extents[2][entry.value])
    }
  }

  /// How many images fit into the memory, if all their values were there at a time, and twice where they are joined.
  private func capacity(_ extents: [[Int]]) -> Int { min(Self.most, limit / max(1, 2 * plan.liveBytes(extents))) }
}
