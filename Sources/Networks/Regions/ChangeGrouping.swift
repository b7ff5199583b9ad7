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
  /// For each change, along each of three axes, the place of where it reaches.
  private var places: [Int] = []
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
    var known: [Int: Int] = [:]
    var kindOf: [[Int]: Int] = [:]
    places.reserveCapacity(3 * changes.count)
    for box in changes {
      for axis in 0..<3 {
        // Extents are below 2¹⁶.
        let key = (axis << 16 | box.lower[axis]) << 17 | box.upper[axis]
        let place = known[key, default: all.count]
        places.append(place)
        guard place == all.count else { continue }
        known[key] = place
        let reach = plan.reach(axis: axis, lower: box.lower[axis], upper: box.upper[axis])
        let kind = kindOf[reach.extents, default: extents.count]
        if kind == extents.count {
          kindOf[reach.extents] = kind
          extents.append(reach.extents)
        }
        all.append(reach)
        kinds.append(kind)
      }
    }
  }

  /// Where a change reaches, along each axis.
  func reaches(_ change: Int) -> [AxisReach] { (0..<3).map { all[places[3 * change + $0]] } }

  /// Changes that reach equally far in every value.
  private struct Alike: Sendable {
    let kind: [Int]
    let extents: [[Int]]
    let members: [Int]
    /// What one image costs, and how many fit into the memory.
    let cost: Double
    let capacity: Int
  }

  private func alike() -> [Alike] {
    var members: [Int: [Int]] = [:]
    for change in changes.indices {
      let key = (0..<3).reduce(0) { $0 * extents.count + kinds[places[3 * change + $1]] }
      members[key, default: []].append(change)
    }
    let all = Array(members.values)
    return Workers.values(all.count) { place in
      let kind = (0..<3).map { kinds[places[3 * all[place][0] + $0]] }
      let own = kind.map { extents[$0] }
      return Alike(
        kind: kind, extents: own,
        members: all[place].sorted { changes[$0].lower.lexicographicallyPrecedes(changes[$1].lower) },
        cost: cost(own), capacity: capacity(own))
    }
  }

  /// The changes in groups, and those of which not even one fits into the memory.
  func groups() -> (groups: [[Int]], tooLarge: [Int]) {
    // By size, so that neighbours in the list can be joined.
    let sorted = alike().sorted { $0.cost != $1.cost ? $0.cost < $1.cost : $0.kind.lexicographicallyPrecedes($1.kind) }
    var groups: [[Int]] = []
    var tooLarge: [Int] = []
    var open: (members: [Int], extents: [[Int]], cost: Double)?
    for own in sorted {
      if own.capacity == 0 {
        tooLarge += own.members
        continue
      }
      if own.members.count >= own.capacity {
        groups += Self.split(own.members, own.capacity)
        continue
      }
      let added = Double(own.members.count) * own.cost
      if let current = open {
        let joined = zip(current.extents, own.extents).map { zip($0, $1).map { max($0, $1) } }
        let total = current.members.count + own.members.count
        if total <= Self.most, Double(total) * cost(joined) <= Self.waste * (current.cost + added + fixed),
          total <= capacity(joined)
        {
          open = (current.members + own.members, joined, current.cost + added)
          continue
        }
        groups.append(current.members)
      }
      open = (own.members, own.extents, added)
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
