public import PellucidFaults

/// Where each voxel axis of a grid points: one letter an axis, as in `RAS` (to the right, to the front, upwards) or `LPI`.
public struct AxisCodes: Hashable, Sendable, CustomStringConvertible {
  /// The world's letters: towards its negative and positive end, for x, y, z.
  private static let letters: [[Character]] = [["L", "R"], ["P", "A"], ["I", "S"]]

  /// For each voxel axis i, j, k: the world axis 0…2 (x, y, z) it runs along.
  public let worldAxes: [Int]
  /// For each voxel axis: whether it runs against that world axis.
  public let isReversed: [Bool]

  /// x, y, z as they are.
  public static let ras = AxisCodes(worldAxes: [0, 1, 2], isReversed: [false, false, false])

  private init(worldAxes: [Int], isReversed: [Bool]) {
    self.worldAxes = worldAxes
    self.isReversed = isReversed
  }

  /// The codes in letters, in either case.
  /// - Throws: `.usage` unless there is one letter of each of R/L, A/P and S/I.
  public init(_ text: String) throws(PellucidError) {
    var axes: [Int] = []
    var reversed: [Bool] = []
    for letter in text.uppercased() {
      guard let axis = AxisCodes.letters.firstIndex(where: { $0.contains(letter) }), !axes.contains(axis) else {
        throw .unknownAxisCodes(text)
      }
      axes.append(axis)
      reversed.append(letter == AxisCodes.letters[axis][0])
    }
    guard axes.count == 3 else { throw .unknownAxisCodes(text) }
    self.init(worldAxes: axes, isReversed: reversed)
  }

  /// The codes of an affine's axes; for oblique grids those of the nearest rotation.
  ///
  /// Same as nibabel's `aff2axcodes`: the columns are scaled to length 1 and replaced by the nearest orthogonal matrix
  /// R = P·Qᵀ of their singular value decomposition; then, from the clearest voxel axis to the least clear, each takes the
  /// world axis it changes most that no other has taken.
  public init(_ affine: Affine) {
    var r = affine.nearestRotation
    var axes = [0, 1, 2]
    var reversed = [false, false, false]
    let clearness = (0..<3).map { column -> Double in (0..<3).map { r[$0][column] * r[$0][column] }.max() ?? 0 }
    var free = [0, 1, 2]
    // Swift's sort is stable: of two alike the first stays first.
    for column in [0, 1, 2].sorted(by: { clearness[$0] > clearness[$1] }) {
      var best = free[0]
      for row in free where abs(r[row][column]) > abs(r[best][column]) { best = row }
      axes[column] = best
      reversed[column] = r[best][column] < 0
      free.removeAll { $0 == best }
      r[best] = [0, 0, 0]
    }
    self.init(worldAxes: axes, isReversed: reversed)
  }

  /// Three letters.
  public var description: String {
    String((0..<3).map { AxisCodes.letters[worldAxes[$0]][isReversed[$0] ? 0 : 1] })
  }
}

extension Affine {
  /// The orthogonal matrix nearest to the 3×3 part with its columns scaled to length 1 (the polar factor), as rows.
  var nearestRotation: [[Double]] {
    var m = (0..<3).map { row in (0..<3).map { self[row, $0] / max(voxelSizes[$0], 1e-300) } }
    // Newton's iteration for the polar factor, X ← (X + X⁻ᵀ) / 2, converges quadratically for every invertible matrix.
    for _ in 0..<60 {
      let flat = Affine(elements: m.flatMap { $0 + [0] })
      guard let inverse = flat.inverse else { break }
      var change = 0.0
      for row in 0..<3 {
        for column in 0..<3 {
          let next = (m[row][column] + inverse[column, row]) / 2
          change = max(change, abs(next - m[row][column]))
          m[row][column] = next
        }
      }
      if change < 1e-15 { break }
    }
    return m
  }
}
