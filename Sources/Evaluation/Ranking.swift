/// Things in the order of their size, with whether each is one of those that are looked for; equal sizes stand together.
///
/// What a ranking says does not depend on the order of things within a tie: it is the mean over all orders.
public struct Ranking: Sendable {
  /// Things of one size.
  private struct Tie {
    var all: Int32
    var wanted: Int32
  }

  /// Largest first.
  private var ties: [Tie] = []
  /// How many things there are.
  public let count: Int
  /// How many of them are looked for.
  public let wanted: Int

  /// The voxels of a map by |R|.
  ///
  /// - Precondition: finite values, a value a voxel of the mask, at most 2³¹ − 1 of them.
  /// - Complexity: a sort of 4 bytes a voxel; 12 bytes a voxel at most.
  public init(_ relevance: [Float], in truth: TruthMask) {
    precondition(relevance.count == truth.isChanged.count, "a map has a value a voxel of the mask")
    // Sizes of floats sort as their bits do; the sign's place is free for the mask.
    var keys = [UInt32](repeating: 0, count: relevance.count)
    for voxel in relevance.indices {
      keys[voxel] = abs(relevance[voxel]).bitPattern << 1 | (truth.isChanged[voxel] ? 1 : 0)
    }
    keys.sort()
    count = keys.count
    wanted = truth.count
    var last: UInt32?
    for key in keys.reversed() {
      if key >> 1 != last {
        ties.append(Tie(all: 0, wanted: 0))
        last = key >> 1
      }
      ties[ties.count - 1].all += 1
      ties[ties.count - 1].wanted += Int32(key & 1)
    }
  }

  /// Things by a size of their own.
  public init(_ things: [(size: Double, isWanted: Bool)]) {
    count = things.count
    wanted = things.count { $0.isWanted }
    var last: Double?
    for thing in things.sorted(by: { $0.size > $1.size }) {
      if thing.size != last {
        ties.append(Tie(all: 0, wanted: 0))
        last = thing.size
      }
      ties[ties.count - 1].all += 1
      ties[ties.count - 1].wanted += thing.isWanted ? 1 : 0
    }
  }

  /// How many of the first `places` things are looked for; where a tie is cut, its expected part.
  public func wantedAmong(first places: Int) -> Double {
    var left = places
    var found = 0.0
    for tie in ties where left > 0 {
      let taken = min(left, Int(tie.all))
      found += Double(tie.wanted) * Double(taken) / Double(tie.all)
      left -= taken
    }
    return found
  }

  /// How many pairs of a thing that is looked for and one that is not stand in this order, a tie counting a half.
  public var orderedPairs: Double {
    var othersBelow = count - wanted
    var doubled = 0
    for tie in ties {
      let others = Int(tie.all - tie.wanted)
      othersBelow -= others
      doubled += Int(tie.wanted) * (2 * othersBelow + others)
    }
    return Double(doubled) / 2
  }

  /// The sum of the places of what is looked for, 1 being the first; things of a tie share its middle place.
  public var sumOfPlaces: Double {
    var before = 0
    var sum = 0.0
    for tie in ties {
      sum += Double(tie.wanted) * (Double(before) + (Double(tie.all) + 1) / 2)
      before += Int(tie.all)
    }
    return sum
  }
}
