internal import PellucidVolumes

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where a scan's head lies against a head in MNI space: the rigid motion under which the two tell most about each other.
///
/// Compared are the grey levels in and around the brain at 8 mm, by mutual information, which needs neither the same contrast nor the
/// same modality:
///
///     I(m) = Σ p(a, b)·log(p(a, b) / (p(a)·p(b)))      a: the standard head's level at x; b: the scan's at m(x)
///
/// The search goes along one of three shifts and three turns at a time, from 16 mm and 16° down to 1; where the head is not recognised, it
/// starts again from quarter turns.
struct HeadSearch {
  /// What was found.
  struct Finding {
    /// I where the scan says it lies, and where it fits best; nats.
    let stated, best: Double
    /// From the standard head's points to the scan's, mm.
    let motion: Affine
    /// The mean distance, mm, by which the motion moves the brain.
    let distance: Double
  }

  private static let levels = 16
  private let points: [WorldPoint]
  private let grey: [Int]
  private let scan: Volume
  private let back: Affine
  private let top: Double

  /// - Parameter scan: the first channel counts.
  init?(_ scan: Volume) {
    guard let scan = Self.coarse(scan), let back = scan.affine.inverse else { return nil }
    let bright = scan.voxels.max() ?? 0
    guard bright > 0, bright.isFinite else { return nil }
    // The grey levels are those up to nearly the brightest; below a twentieth of it is air.
    let seen = scan.voxels.filter { $0 > 0.05 * bright }.sorted()
    self.scan = scan
    self.back = back
    self.top = Double(seen[min(seen.count - 1, seen.count * 98 / 100)])
    var points: [WorldPoint] = []
    var grey: [Int] = []
    let (extents, origin, step) = (StandardHead.extents, StandardHead.origin, StandardHead.spacing)
    for (place, letter) in StandardHead.letters.enumerated() {
      guard let level = letter.hexDigitValue else { continue }
      let (i, j, k) = (place % extents.x, place / extents.x % extents.y, place / (extents.x * extents.y))
      points.append(
        WorldPoint(x: origin.x + step * Double(i), y: origin.y + step * Double(j), z: origin.z + step * Double(k)))
      grey.append(level)
    }
    self.points = points
    self.grey = grey
  }

  /// The scan by blocks of about 4 mm, with a little Gaussian on top; its first channel.
  private static func coarse(_ scan: Volume) -> Volume? {
    let sizes = scan.affine.voxelSizes
    let n = scan.shape.extents
    let block = (0..<3).map { Int(nearest: 4 / sizes[$0], in: 1...n[$0]) }
    let shape = GridShape(i: n[0] / block[0], j: n[1] / block[1], k: n[2] / block[2])
    guard shape.count > 0, scan.voxels.count >= scan.shape.count else { return nil }
    var sums = [Float](repeating: 0, count: shape.count)
    let voxels = scan.voxels.span
    for k in 0..<(shape.k * block[2]) {
      for j in 0..<(shape.j * block[1]) {
        let from = scan.shape.i * (j + scan.shape.j * k)
        let to = shape.i * (j / block[1] + shape.j * (k / block[2]))
        for i in 0..<shape.i {
          var sum: Float = 0
          for b in 0..<block[0] { sum += voxels[from + i * block[0] + b] }
          sums[to + i] += sum
        }
      }
    }
    // Sums beyond Float's range are no head's.
    guard sums.allSatisfy(\.isFinite) else { return nil }
    let scale = 1 / Float(block[0] * block[1] * block[2])
    for index in sums.indices { sums[index] *= scale }
    var map = Affine.identity
    for axis in 0..<3 {
      map[axis, axis] = Double(block[axis])
      map[axis, 3] = Double(block[axis] - 1) / 2
    }
    let affine = scan.affine.composed(with: map)
    let widths = affine.voxelSizes.map { $0 < 7 ? 3.3 / $0 : 0 }
    return Volume(shape: shape, voxels: sums, affine: affine).smoothed(sigma: widths)
  }

  /// Mutual information under a motion of the standard head, nats.
  func information(_ motion: Affine) -> Double {
    let map = back.composed(with: motion)
    var counts = [Double](repeating: 0, count: Self.levels * Self.levels)
    let scale = Double(Self.levels) / top
    for (point, level) in zip(points, grey) {
      let value = scan.value(at: map.worldPoint(i: point.x, j: point.y, k: point.z)) ?? 0
      counts[level * Self.levels + Int(nearest: (value * scale).rounded(.down), in: 0...Self.levels - 1)] += 1
    }
    let total = Double(points.count)
    var rows = [Double](repeating: 0, count: Self.levels)
    var columns = rows
    for (place, count) in counts.enumerated() {
      rows[place / Self.levels] += count / total
      columns[place % Self.levels] += count / total
    }
    var sum = 0.0
    for (place, count) in counts.enumerated() where count > 0 {
      let p = count / total
      sum += p * log(p / (rows[place / Self.levels] * columns[place % Self.levels]))
    }
    return sum
  }

  /// The best motion.
  func run() -> Finding {
    let stated = information(.identity)
    var (best, place) = search(from: [0, 0, 0, 0, 0, 0])
    if best < Self.recognised {
      for turn in [
        [90.0, 0, 0], [-90, 0, 0], [0, 90, 0], [0, -90, 0], [0, 0, 90], [0, 0, -90], [0, 0, 180], [180, 0, 0],
      ] {
        let (other, there) = search(from: [0, 0, 0] + turn)
        if other > best { (best, place) = (other, there) }
      }
    }
    let motion = Self.motion(place)
    let distance =
      points.reduce(0.0) { sum, p in
        let q = motion.worldPoint(i: p.x, j: p.y, k: p.z)
        let (x, y, z) = (q.x - p.x, q.y - p.y, q.z - p.z)
        return sum + (x * x + y * y + z * z).squareRoot()
      } / Double(points.count)
    return Finding(stated: stated, best: best, motion: motion, distance: distance)
  }

  /// From this much information on, a head is recognised: T1 scans have 0.9 to 1.8 in place, maps of grey matter 0.4, none above 0.15
  /// that are no head or lie elsewhere.
  static let recognised = 0.3

  private func search(from start: [Double]) -> (Double, [Double]) {
    var place = start
    var best = information(Self.motion(place))
    var step = 16.0
    while step >= 1 {
      var moved = false
      for axis in 0..<6 {
        for sign in [1.0, -1] {
          var next = place
          next[axis] += sign * step
          let value = information(Self.motion(next))
          if value > best + 1e-6 {
            (best, place) = (value, next)
            moved = true
          }
        }
      }
      if !moved { step /= 2 }
    }
    return (best, place)
  }

  /// Turns about x, y, z (degrees) around the middle of the brain, then shifts (mm).
  private static func motion(_ p: [Double]) -> Affine {
    var out = Affine(elements: [1, 0, 0, 0, 0, 1, 0, 18, 0, 0, 1, -8])
    for (axis, degrees) in p[3...].enumerated().reversed() {
      let (a, b) = [(1, 2), (2, 0), (0, 1)][axis]
      var turn = Affine.identity
      let (c, s) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
      (turn[a, a], turn[b, b], turn[a, b], turn[b, a]) = (c, c, -s, s)
      out = turn.composed(with: out)
    }
    for axis in 0..<3 { out[axis, 3] += p[axis] + [0, -18, 8][axis] }
    return out
  }
}
