/// Threshold-free cluster enhancement of a map of statistics.
///
///     TFCE(v) = Σ over h of extent(h)^E · h^H,   E = 0.5, H = 2, h = max|t|/100, 2·max|t|/100, … max|t|
///
/// extent(h) is how many voxels are connected with v, by faces, where the statistic is at least h. It is not multiplied by the step, as in
/// FSL and nilearn. Values below 0 are enhanced likewise, and stay below 0.
///
/// Source: Smith and Nichols 2009, doi:10.1016/j.neuroimage.2008.03.061.
public struct ClusterEnhancement: Sendable {
  /// Voxels that count.
  public let count: Int
  /// For each voxel the six beside it, or −1 where there is none.
  private let neighbours: [Int32]
  private static let steps = 100

  /// The voxels of a grid that count, in the order of memory.
  /// - Parameters:
  ///   - mask: i fastest.
  ///   - extents: along i, j, k.
  public init(mask: [Bool], extents: [Int]) {
    precondition(mask.count == extents.reduce(1, *), "a voxel each")
    var places = [Int32](repeating: -1, count: mask.count)
    var count: Int32 = 0
    for voxel in mask.indices where mask[voxel] {
      places[voxel] = count
      count += 1
    }
    let (row, slice) = (extents[0], extents[0] * extents[1])
    var neighbours: [Int32] = []
    neighbours.reserveCapacity(6 * Int(count))
    for voxel in mask.indices where mask[voxel] {
      let (i, j, k) = (voxel % row, voxel % slice / row, voxel / slice)
      neighbours.append(i > 0 ? places[voxel - 1] : -1)
      neighbours.append(i + 1 < extents[0] ? places[voxel + 1] : -1)
      neighbours.append(j > 0 ? places[voxel - row] : -1)
      neighbours.append(j + 1 < extents[1] ? places[voxel + row] : -1)
      neighbours.append(k > 0 ? places[voxel - slice] : -1)
      neighbours.append(k + 1 < extents[2] ? places[voxel + slice] : -1)
    }
    self.count = Int(count)
    self.neighbours = neighbours
  }

  /// The enhanced map.
  /// - Parameter map: a value for each voxel that counts.
  /// - Complexity: voxels × the steps that they reach; 50 bytes a voxel.
  public func enhanced(_ map: [Double]) -> [Double] {
    let largest = map.reduce(0) { max($0, abs($1)) }
    var out = [Double](repeating: 0, count: count)
    guard largest > 0, largest.isFinite else { return out }
    for sign in [1.0, -1.0] { enhance(map, sign, step: largest / Double(Self.steps), into: &out) }
    return out
  }

  private func enhance(_ map: [Double], _ sign: Double, step: Double, into out: inout [Double]) {
    func height(_ level: Int) -> Double { step + Double(level - 1) * step }
    // How many of the heights a voxel reaches.
    var levels = [UInt8](repeating: 0, count: count)
    var reached = [Int](repeating: 0, count: Self.steps + 2)
    for voxel in 0..<count where sign * map[voxel] > 0 {
      let value = sign * map[voxel]
      var level = min(Self.steps, Int(value / step))
      if level < Self.steps, height(level + 1) <= value { level += 1 }
      if level > 0, height(level) > value { level -= 1 }
      levels[voxel] = UInt8(level)
      reached[level] += 1
    }
    // Voxels by level, the highest first.
    var starts = [Int](repeating: 0, count: Self.steps + 2)
    for level in stride(from: Self.steps, to: 0, by: -1) { starts[level - 1] = starts[level] + reached[level] }
    let total = starts[0]
    var order = [Int32](repeating: 0, count: total)
    var next = starts
    for voxel in 0..<count where levels[voxel] > 0 {
      let level = Int(levels[voxel])
      order[next[level]] = Int32(voxel)
      next[level] += 1
    }
    var parents = [Int32](repeating: -1, count: count)
    var sizes = [Int32](repeating: 0, count: count)
    func root(_ voxel: Int32) -> Int32 {
      var here = voxel
      while parents[Int(here)] != here {
        parents[Int(here)] = parents[Int(parents[Int(here)])]
        here = parents[Int(here)]
      }
      return here
    }
    func join(_ a: Int32, _ b: Int32) {
      var (x, y) = (root(a), root(b))
      guard x != y else { return }
      if sizes[Int(x)] < sizes[Int(y)] { swap(&x, &y) }
      parents[Int(y)] = x
      sizes[Int(x)] += sizes[Int(y)]
    }
    for level in stride(from: Self.steps, to: 0, by: -1) {
      let new = starts[level]..<starts[level - 1]
      for place in new {
        let voxel = order[place]
        parents[Int(voxel)] = voxel
        sizes[Int(voxel)] = 1
      }
      for place in new {
        let voxel = order[place]
        for side in 6 * Int(voxel)..<6 * Int(voxel) + 6 {
          let other = neighbours[side]
          if other >= 0, parents[Int(other)] >= 0 { join(voxel, other) }
        }
      }
      let weight = sign * height(level) * height(level)
      for place in 0..<new.upperBound {
        let voxel = order[place]
        out[Int(voxel)] += Double(sizes[Int(root(voxel))]).squareRoot() * weight
      }
    }
  }
}
