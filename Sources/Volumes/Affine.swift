/// A place in a voxel grid: 0-based indices along the stored axes i, j, k (nibabel's array order).
public struct VoxelIndex: Hashable, Sendable {
  /// Index along the axis that varies fastest in the file.
  public var i: Int
  /// Index along the second axis.
  public var j: Int
  /// Index along the third axis.
  public var k: Int

  /// The voxel at (i, j, k).
  public init(i: Int, j: Int, k: Int) {
    self.i = i
    self.j = j
    self.k = k
  }
}

/// A place in the scanner's or template's world: mm, RAS+ (x to the right, y to the front, z up).
public struct WorldPoint: Hashable, Sendable {
  /// Millimetres to the right.
  public var x: Double
  /// Millimetres to the front.
  public var y: Double
  /// Millimetres upwards.
  public var z: Double

  /// The point at (x, y, z) mm.
  public init(x: Double, y: Double, z: Double) {
    self.x = x
    self.y = y
    self.z = z
  }
}

/// A map from voxel indices (i, j, k) to world coordinates (mm, RAS+): the upper three rows of the homogeneous 4×4 matrix.
///
///     x = m[0,0]·i + m[0,1]·j + m[0,2]·k + m[0,3]     and so on for y and z
public struct Affine: Hashable, Sendable {
  /// Rows x, y, z; columns i, j, k, translation; row-major, 12 numbers.
  public private(set) var elements: [Double]

  /// The affine with these 12 elements, row by row.
  /// - Precondition: twelve elements.
  public init(elements: [Double]) {
    precondition(elements.count == 12, "an affine has 12 elements")
    self.elements = elements
  }

  /// Voxels of 1 mm along x, y, z with voxel (0, 0, 0) at the origin.
  public static let identity = Affine(elements: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])

  /// Row 0…2 (x, y, z), column 0…3 (i, j, k, translation).
  public subscript(row: Int, column: Int) -> Double {
    get { elements[4 * row + column] }
    set { elements[4 * row + column] = newValue }
  }

  /// World coordinates of a voxel's centre.
  public func worldPoint(of voxel: VoxelIndex) -> WorldPoint {
    worldPoint(i: Double(voxel.i), j: Double(voxel.j), k: Double(voxel.k))
  }

  /// World coordinates of a place between voxel centres.
  public func worldPoint(i: Double, j: Double, k: Double) -> WorldPoint {
    WorldPoint(
      x: elements[0] * i + elements[1] * j + elements[2] * k + elements[3],
      y: elements[4] * i + elements[5] * j + elements[6] * k + elements[7],
      z: elements[8] * i + elements[9] * j + elements[10] * k + elements[11])
  }

  /// Determinant of the 3×3 part, mm³ a voxel; negative where the axes are left-handed.
  public var determinant: Double {
    let m = elements
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) + m[2]
      * (m[4] * m[9] - m[5] * m[8])
  }

  /// The map from world coordinates back to voxel indices; nil where the 3×3 part is singular
  /// (its axes within about 1e-7 of lying in a plane, whatever the voxel sizes).
  public var inverse: Affine? {
    let m = elements
    let d = determinant
    let sizes = voxelSizes
    guard d.isFinite, abs(d) > 1e-7 * sizes[0] * sizes[1] * sizes[2] else { return nil }
    let r: [Double] = [
      (m[5] * m[10] - m[6] * m[9]) / d, (m[2] * m[9] - m[1] * m[10]) / d, (m[1] * m[6] - m[2] * m[5]) / d,
      (m[6] * m[8] - m[4] * m[10]) / d, (m[0] * m[10] - m[2] * m[8]) / d, (m[2] * m[4] - m[0] * m[6]) / d,
      (m[4] * m[9] - m[5] * m[8]) / d, (m[1] * m[8] - m[0] * m[9]) / d, (m[0] * m[5] - m[1] * m[4]) / d,
    ]
    var out = Affine.identity
    for row in 0..<3 {
      for column in 0..<3 { out[row, column] = r[3 * row + column] }
      out[row, 3] = -(r[3 * row] * m[3] + r[3 * row + 1] * m[7] + r[3 * row + 2] * m[11])
    }
    return out
  }

  /// The affine that applies `first`, then `self`.
  public func composed(with first: Affine) -> Affine {
    var out = Affine.identity
    for row in 0..<3 {
      for column in 0..<4 {
        var sum = column == 3 ? self[row, 3] : 0
        for inner in 0..<3 { sum += self[row, inner] * first[inner, column] }
        out[row, column] = sum
      }
    }
    return out
  }

  /// Edge lengths of a voxel along i, j, k, mm.
  public var voxelSizes: [Double] {
    (0..<3).map { c in (0..<3).reduce(0) { $0 + self[$1, c] * self[$1, c] }.squareRoot() }
  }
}
