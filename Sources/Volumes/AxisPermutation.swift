/// A reordering and flipping of a grid's axes; nothing is interpolated, so it is undone exactly by ``inverse``.
///
///     target(t0, t1, t2) = source(s)      with s[source[a]] = isFlipped[a] ? n − 1 − t[a] : t[a],  n = source extent of that axis
public struct AxisPermutation: Hashable, Sendable {
  /// For each target axis: the source axis 0…2 it is taken from.
  public let source: [Int]
  /// For each target axis: whether it runs the other way.
  public let isFlipped: [Bool]

  /// Everything stays.
  public static let identity = AxisPermutation(source: [0, 1, 2], isFlipped: [false, false, false])

  /// A permutation by its parts.
  /// - Precondition: `source` holds 0, 1 and 2 once each.
  public init(source: [Int], isFlipped: [Bool]) {
    precondition(source.sorted() == [0, 1, 2] && isFlipped.count == 3, "a permutation of three axes")
    self.source = source
    self.isFlipped = isFlipped
  }

  /// The permutation that takes a grid from one orientation to another.
  public init(from start: AxisCodes, to end: AxisCodes) {
    let source = end.worldAxes.map { axis in start.worldAxes.firstIndex(of: axis) ?? 0 }
    self.init(source: source, isFlipped: (0..<3).map { end.isReversed[$0] != start.isReversed[source[$0]] })
  }

  /// Whether nothing changes.
  public var isIdentity: Bool { self == .identity }

  /// The permutation that undoes this one.
  public var inverse: AxisPermutation {
    let back = (0..<3).map { axis in source.firstIndex(of: axis) ?? 0 }
    return AxisPermutation(source: back, isFlipped: back.map { isFlipped[$0] })
  }

  /// The target grid of a source grid.
  public func shape(of shape: GridShape) -> GridShape {
    let n = shape.extents
    return GridShape(i: n[source[0]], j: n[source[1]], k: n[source[2]])
  }

  /// Target voxel → source voxel, for a source grid of this shape.
  public func sourceVoxels(of shape: GridShape) -> Affine {
    let n = shape.extents
    var map = Affine(elements: [Double](repeating: 0, count: 12))
    for axis in 0..<3 {
      map[source[axis], axis] = isFlipped[axis] ? -1 : 1
      if isFlipped[axis] { map[source[axis], 3] = Double(n[source[axis]] - 1) }
    }
    return map
  }

  /// The target grid's affine, which leaves every voxel where it is in the world.
  public func affine(of affine: Affine, shape: GridShape) -> Affine { affine.composed(with: sourceVoxels(of: shape)) }

  /// The target grid's values.
  /// - Parameters:
  ///   - values: the source's, i fastest; a multiple of `shape.count` (channels outermost).
  ///   - shape: the source grid.
  public func apply(to values: [Float], shape: GridShape) -> [Float] {
    guard !isIdentity, shape.count > 0 else { return values }
    precondition(values.count % shape.count == 0, "values fill the grid")
    let channels = values.count / shape.count
    let strides = [1, shape.i, shape.i * shape.j]
    let n = shape.extents
    var start = 0
    var step = [0, 0, 0]
    for axis in 0..<3 {
      let from = source[axis]
      step[axis] = isFlipped[axis] ? -strides[from] : strides[from]
      if isFlipped[axis] { start += (n[from] - 1) * strides[from] }
    }
    let out = self.shape(of: shape)
    let (stepI, stepJ, stepK) = (step[0], step[1], step[2])
    let input = values.span
    return [Float](capacity: values.count) { output in
      for channel in 0..<channels {
        for k in 0..<out.k {
          for j in 0..<out.j {
            var at = channel * shape.count + start + k * stepK + j * stepJ
            for _ in 0..<out.i {
              output.append(input[at])
              at += stepI
            }
          }
        }
      }
    }
  }
}
