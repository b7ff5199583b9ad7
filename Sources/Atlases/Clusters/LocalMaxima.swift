public import PellucidVolumes

/// A place where a cluster is strongest.
public struct ClusterPeak: Sendable, Hashable {
  /// The value there, with its sign.
  public var value: Double
  /// Where it is on the map's grid.
  public var voxel: VoxelIndex
  /// Where it is in the world, mm, RAS+.
  public var point: WorldPoint
  /// The region of the atlas it lies in; nil: none, or no atlas.
  public var region: Region?
}

/// The peaks of one cluster, as nilearn finds them.
///
/// A voxel is a peak where no voxel of the cluster among the 26 around it is stronger. Neighbouring equal peaks (by faces) count as
/// one, at their mean place rounded to a voxel, or the one of them nearest to it. Flat places are no peaks, unless the whole cluster
/// is flat. From the strongest on, peaks within the distance of one that stays are left out.
struct LocalMaxima {
  private let shape: GridShape
  private let strengths: [Int32: Double]

  /// - Parameter strengths: the cluster's voxels by their place in memory and how strong each is; all above 0.
  init(of strengths: [Int32: Double], on shape: GridShape) {
    self.shape = shape
    self.strengths = strengths
  }

  /// The peaks, strongest first.
  /// - Parameter distance: mm; peaks as close as this to a stronger one are left out.
  func peaks(apart distance: Double, affine: Affine) -> [VoxelIndex] {
    var kept: [(voxel: VoxelIndex, point: WorldPoint)] = []
    for voxel in candidates() {
      let point = affine.worldPoint(of: voxel)
      let isFar = kept.allSatisfy { other in
        let (x, y, z) = (point.x - other.point.x, point.y - other.point.y, point.z - other.point.z)
        return (x * x + y * y + z * z).squareRoot() > distance
      }
      if isFar { kept.append((voxel, point)) }
    }
    return kept.map(\.voxel)
  }

  private func candidates() -> [VoxelIndex] {
    let (low, high) = strengths.values.reduce((Double.infinity, 0.0)) { (min($0.0, $1), max($0.1, $1)) }
    // numpy.isclose(high, low)
    let isFlat = high - low <= 1e-8 + 1e-5 * low
    let maxima = Set(strengths.keys.filter { isPeak($0, flatCounts: isFlat) })
    var seen: Set<Int32> = []
    var found: [(strength: Double, voxel: VoxelIndex)] = []
    for start in maxima.sorted(by: { cOrder($0) < cOrder($1) }) where !seen.contains(start) {
      var patch: [Int32] = []
      var front = [start]
      seen.insert(start)
      while let place = front.popLast() {
        patch.append(place)
        for next in neighbours(of: place, facesOnly: true) where maxima.contains(next) && seen.insert(next).inserted {
          front.append(next)
        }
      }
      let voxel = middle(of: patch)
      found.append((strengths[Int32(shape.offset(of: voxel))] ?? 0, voxel))
    }
    return found.enumerated().sorted { ($1.element.strength, $0.offset) < ($0.element.strength, $1.offset) }
      .map(\.element.voxel)
  }

  private func isPeak(_ place: Int32, flatCounts: Bool) -> Bool {
    let own = strengths[place] ?? 0
    var differs = false
    for next in neighbours(of: place, facesOnly: false) {
      let other = strengths[next] ?? 0
      if other > own { return false }
      if other < own { differs = true }
    }
    return differs || flatCounts
  }

  /// The voxel of a patch nearest to its mean place.
  private func middle(of patch: [Int32]) -> VoxelIndex {
    let voxels = patch.map { shape.voxel(at: Int($0)) }.sorted { ($0.i, $0.j, $0.k) < ($1.i, $1.j, $1.k) }
    let count = Double(voxels.count)
    func mean(_ part: KeyPath<VoxelIndex, Int>) -> Int {
      Int((Double(voxels.reduce(0) { $0 + $1[keyPath: part] }) / count).rounded(.toNearestOrEven))
    }
    let wanted = VoxelIndex(i: mean(\.i), j: mean(\.j), k: mean(\.k))
    func squaredDistance(_ voxel: VoxelIndex) -> Int {
      let (i, j, k) = (voxel.i - wanted.i, voxel.j - wanted.j, voxel.k - wanted.k)
      return i * i + j * j + k * k
    }
    return voxels.min { squaredDistance($0) < squaredDistance($1) } ?? wanted
  }

  private func neighbours(of place: Int32, facesOnly: Bool) -> [Int32] {
    let voxel = shape.voxel(at: Int(place))
    var out: [Int32] = []
    for k in max(0, voxel.k - 1)...min(shape.k - 1, voxel.k + 1) {
      for j in max(0, voxel.j - 1)...min(shape.j - 1, voxel.j + 1) {
        for i in max(0, voxel.i - 1)...min(shape.i - 1, voxel.i + 1) {
          let steps = abs(i - voxel.i) + abs(j - voxel.j) + abs(k - voxel.k)
          if steps > 0, !facesOnly || steps == 1 { out.append(Int32(i + shape.i * (j + shape.j * k))) }
        }
      }
    }
    return out
  }

  /// Where a voxel comes in numpy's order, k fastest; ties between peaks are settled in it.
  private func cOrder(_ place: Int32) -> Int {
    let voxel = shape.voxel(at: Int(place))
    return voxel.k + shape.k * (voxel.j + shape.j * voxel.i)
  }
}
