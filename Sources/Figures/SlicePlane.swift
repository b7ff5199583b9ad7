public import PellucidVolumes

/// The way a slice lies in the world (RAS+), not in the file.
public enum SlicePlane: String, Sendable, Hashable, CaseIterable {
  /// Constant z: seen with the front of the head up.
  case axial
  /// Constant y: seen with the top of the head up.
  case coronal
  /// Constant x: seen with the top of the head up.
  case sagittal

  /// The axis across the slices: 0 is x, 1 y, 2 z.
  public var normal: Int {
    switch self {
    case .axial: 2
    case .coronal: 1
    case .sagittal: 0
    }
  }

  /// The axis that runs along the picture's rows.
  public var horizontal: Int { self == .sagittal ? 1 : 0 }

  /// The axis that runs up the picture's columns.
  public var vertical: Int { self == .axial ? 1 : 2 }

  /// The name of the axis across the slices.
  var axisName: String { ["x", "y", "z"][normal] }
}

/// Which side of a picture the left of the body is on.
public enum Convention: String, Sendable, Hashable, CaseIterable {
  /// Left is left; sagittal slices look to the right.
  case neurological
  /// The patient faces the reader: left is right; sagittal slices look to the left.
  case radiological

  /// True where the horizontal axis runs from right to left of the picture.
  var mirrored: Bool { self == .radiological }

  /// The letters at the left and the right edge of a slice.
  func marks(of plane: SlicePlane) -> (left: String, right: String) {
    let marks = plane == .sagittal ? ("P", "A") : ("L", "R")
    return mirrored ? (marks.1, marks.0) : marks
  }
}

/// A box in the world, mm, with sides along x, y, z.
public struct WorldBox: Sendable, Hashable {
  /// The lower end of x, y, z.
  public var low: [Double]
  /// The upper end of x, y, z.
  public var high: [Double]

  /// The box between two corners.
  /// - Precondition: three numbers each, `low` nowhere above `high`.
  public init(low: [Double], high: [Double]) {
    precondition(low.count == 3 && high.count == 3 && zip(low, high).allSatisfy { $0 <= $1 }, "a box has three sides")
    self.low = low
    self.high = high
  }

  /// The smallest box around all voxels of a grid, their edges included.
  public init(around shape: GridShape, affine: Affine) {
    var (low, high) = ([Double](repeating: .infinity, count: 3), [Double](repeating: -.infinity, count: 3))
    for corner in 0..<8 {
      let place = affine.worldPoint(
        i: corner & 1 == 0 ? -0.5 : Double(shape.i) - 0.5, j: corner & 2 == 0 ? -0.5 : Double(shape.j) - 0.5,
        k: corner & 4 == 0 ? -0.5 : Double(shape.k) - 0.5)
      for (axis, value) in [place.x, place.y, place.z].enumerated() {
        low[axis] = min(low[axis], value)
        high[axis] = max(high[axis], value)
      }
    }
    self.init(low: low, high: high)
  }

  /// Length along an axis, mm.
  public func extent(_ axis: Int) -> Double { high[axis] - low[axis] }

  /// The smallest box around both.
  func union(_ other: WorldBox) -> WorldBox {
    WorldBox(low: zip(low, other.low).map { min($0, $1) }, high: zip(high, other.high).map { max($0, $1) })
  }

  /// The part of the box within another; the box itself where they do not meet.
  func clipped(to other: WorldBox) -> WorldBox {
    let (a, b) = (zip(low, other.low).map { max($0, $1) }, zip(high, other.high).map { min($0, $1) })
    return zip(a, b).allSatisfy { $0 < $1 } ? WorldBox(low: a, high: b) : self
  }

  /// The box with a margin on every side.
  func widened(by margin: Double) -> WorldBox { WorldBox(low: low.map { $0 - margin }, high: high.map { $0 + margin }) }
}
